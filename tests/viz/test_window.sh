#!/usr/bin/env bash
# cairn-view in a window under Xvfb, with real key presses and mouse moves: what stands on the
# screen must be, to the pixel, the picture that --screenshot makes of the step where it should be.
set -u
cd "$(dirname "$0")/../.." || exit 1
for program in Xvfb xdotool; do
    if ! command -v $program >/dev/null; then
        echo "not tried: windows, for want of $program"
        exit 77
    fi
done
. tests/viz/viewer.bash
screen=0 # process of Xvfb
viewing=0
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    for process in "$viewing" "$screen"; do
        [ "$process" -eq 0 ] || kill "$process" 2>/dev/null
    done
    wait
    rm -rf "$work"
}
trap clean_up EXIT

width=1000 height=700
"$tools/episode" "$work/agent.cairn" 300 5 agent
"$tools/episode" "$work/person.cairn" 200 6 person
"$tools/episode" "$work/long.cairn" 10000 3 agent

# A screen just as large as the window, without a pointer in its picture.
mkdir "$work/screen"
exec 3<>"$work/display"
Xvfb -displayfd 3 -screen 0 ${width}x${height}x24 -nocursor -nolisten tcp -fbdir "$work/screen" \
    >"$work/xvfb.log" 2>&1 &
screen=$!
for _ in $(seq 100); do
    [ -s "$work/display" ] && break
    sleep 0.1
done
DISPLAY=:$(cat "$work/display")
export DISPLAY

open() { # ARGUMENT...: a viewer whose window fills the screen
    "$viewer" "$@" --size ${width}x${height} >"$work/viewer.log" 2>&1 &
    viewing=$!
    timeout 20 xdotool search --sync --onlyvisible --name '^Cairn$' windowfocus --sync >/dev/null
    xdotool mousemove $((width / 2)) 5
}
close() { # STATUS: asks the window to end
    xdotool key ctrl+q
    local status
    for _ in $(seq 100); do
        kill -0 $viewing 2>/dev/null || break
        sleep 0.1
    done
    kill -0 $viewing 2>/dev/null && fail "the window does not close" && kill -KILL $viewing
    wait $viewing
    status=$?
    viewing=0
    check "the viewer ends with status $1" [ $status -eq "$1" ]
}
press() {
    for key in "$@"; do
        xdotool key "$key"
    done
}
# shows WHAT ARGUMENT...: within ten seconds the screen is the picture of these arguments.
shows() {
    local what=$1
    shift
    checks=$((checks + 1))
    "$viewer" "$@" --size "${width}x${height}" --screenshot "$work/expected.png" ||
        fail "$what: no picture"
    for _ in $(seq 100); do
        "$tools/pictures" "${how:-same}" "$work/expected.png" "$work/screen/Xvfb_screen0" >"$work/difference" && return
        sleep 0.1
    done
    fail "$what: $(cat "$work/difference")"
}
shot() { cp "$work/screen/Xvfb_screen0" "$work/$1"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$viewing/stat"; } # hundredths of a second of processor
x_of() { echo $((24 + ($1 * (width - 49) + $2 / 2) / $2)); } # STEP LENGTH: pixel on the timeline
bar=$((height - 48 - 40 + 26))

# ---------------------------------------------------------------- replay
agent=$work/agent.cairn
files=("$agent" "$work/person.cairn")
open replay "${files[@]}" --at 0
shows "the first step" replay "${files[@]}" --at 0
press Right Right Right
shows "three steps on" replay "${files[@]}" --at 3
press shift+Right Left
shows "ten on and one back" replay "${files[@]}" --at 12
press End
shows "the last step" replay "${files[@]}" --at 300
press Home bracketright
shows "the first achievement, a sapling" replay "${files[@]}" --at 2
xdotool mousemove "$(x_of 150 300)" $bar click 1 mousemove $((width / 2)) 5
shows "a click on the timeline" replay "${files[@]}" --at 150
xdotool mousemove "$(x_of 150 300)" $bar mousedown 1
for step in 200 290 250 40 3 120 77; do
    xdotool mousemove "$(x_of $step 300)" $bar
done
xdotool mousemove 3 300 mousemove "$(x_of 60 300)" 300 mouseup 1 mousemove $((width / 2)) 5
shows "dragged back and forth" replay "${files[@]}" --at 60
xdotool mousemove $((16 + 2 * 40 + 52 + 4 + 18)) $((height - 26)) click 1 mousemove $((width / 2)) 5
shows "the button for a step" replay "${files[@]}" --at 61
press n
how=near shows "the next file, but for its number" replay "$work/person.cairn" "$agent" --at 0
press b
shows "and back: the same as at first" replay "${files[@]}" --at 0
press h
sleep 0.5
shot help
check "help covers the rest" bash -c "! '$tools/pictures' same '$work/expected.png' '$work/help' >/dev/null"
press Escape
shows "help is gone" replay "${files[@]}" --at 0
press plus plus space
sleep 1.5
press space
sleep 0.5
shot played
check "it played" bash -c "! '$tools/pictures' same '$work/expected.png' '$work/played' >/dev/null"
press minus minus Home
shows "after playing, the first step again" replay "${files[@]}" --at 0
window=$(xdotool search --name '^Cairn$')
xdotool windowsize --sync "$window" 700 500
width=700 height=500 shows "a smaller window" replay "${files[@]}" --at 0
xdotool windowsize --sync "$window" $width $height
shows "the old size" replay "${files[@]}" --at 0
close 0

# ---------------------------------------------------------------- processor
if [[ $products == */build ]]; then # not under a sanitizer
    open replay "$work/long.cairn" --at 500 --speed 4
    sleep 1
    before=$(ticks)
    sleep 3
    idle=$(($(ticks) - before))
    press space
    before=$(ticks)
    sleep 5
    busy=$(($(ticks) - before))
    echo "idle: $idle of 300 ticks; playing 40 steps a second, 30 pictures a second: $busy of 500"
    check "an idle window uses no processor" [ $idle -le 1 ]
    check "playing uses less than a tenth of a core" [ $busy -lt 50 ]
    close 0
    open play # which looks out for gamepads
    sleep 1
    before=$(ticks)
    sleep 4
    idle=$(($(ticks) - before))
    echo "idle, waiting for a person: $idle of 400 ticks"
    check "a game that waits uses no processor" [ $idle -le 2 ]
    close 0
fi

# ---------------------------------------------------------------- play
keys=(d d space w a s Tab x t r f p 1 2 3 4 5 6 Left Up shift+d)
open play --seed 3 --record "$work/games"
press "${keys[@]}"
press comma comma a # looking back, then on from the last step
sleep 0.5
close 0
game=$(find "$work/games" -name '*.cairn')
cairn=$products/cairn
expect 0 "^steps +$((${#keys[@]} + 1))$" info "$game"
expect 0 '^played_again +the same$' info "$game"
open play --seed 3 --fps 20 --record "$work/live"
xdotool keydown d
sleep 1.5
xdotool keyup d
kill -TERM $viewing
wait $viewing
check "a signal ends it, and saves" [ $? -eq 0 ]
viewing=0
expect 0 '^steps +[1-9][0-9]' info "$(find "$work/live" -name '*.cairn')"

# ---------------------------------------------------------------- watch
"$products/cairn" train "${tiny[@]}" --set world.length=10000 --steps 512 --seed 3 --out "$work/run" -q
checkpoint=$(find "$work/run/checkpoints" -name 'step-*' | sort | tail -n 1)
open watch "$checkpoint" --seed 5 --paused
shows "an agent before its first step" watch "$checkpoint" --seed 5 --at 0
press Right Right Right Right Right
shows "single steps" watch "$checkpoint" --seed 5 --at 5
press Left Left Home End
shows "back and forth" watch "$checkpoint" --seed 5 --at 5
press c a w
sleep 0.5
shot taken
press c space
sleep 1
press space
sleep 0.5
shot given
check "the person's steps show" bash -c "! '$tools/pictures' same '$work/expected.png' '$work/taken' >/dev/null"
check "the agent goes on" bash -c "! cmp -s '$work/taken' '$work/given'"
close 0
finish
