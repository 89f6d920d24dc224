#!/usr/bin/env bash
# cairn-view in a window under Xvfb, with real key presses and mouse moves: what stands on the
# screen must be, to the pixel, the picture that --screenshot makes of the step where it should be.
# shellcheck disable=SC2317 # functions that `await` and the trap call
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
await [ -s "$work/display" ] || {
    fail "Xvfb does not start"
    cat "$work/xvfb.log"
    finish
}
DISPLAY=:$(cat "$work/display")
export DISPLAY

open() { # ARGUMENT...: a viewer whose window fills the screen
    call="cairn-view ${*##*/}"
    "$viewer" "$@" --size ${width}x${height} >"$work/viewer.log" 2>&1 &
    viewing=$!
    if ! timeout 30 xdotool search --sync --onlyvisible --name '^Cairn$' windowfocus --sync >/dev/null; then
        fail "$call: no window appears"
        cat "$work/viewer.log"
    fi
    xdotool mousemove $((width / 2)) 5
}
gone() { ! kill -0 "$viewing" 2>/dev/null; }
close() { # [SIGNAL]: the window is asked to end, by its key or a signal; it must do so in peace
    if [ $# -eq 0 ]; then
        xdotool key ctrl+q
    else
        kill -"$1" $viewing
    fi
    local status
    await gone || {
        fail "$call: the window does not close"
        kill -KILL $viewing
    }
    wait $viewing
    status=$?
    viewing=0
    check "$call: it ends with status 0, not $status, after ${1-its key}" [ $status -eq 0 ]
    check "$call: it says nothing" [ ! -s "$work/viewer.log" ]
    cat "$work/viewer.log"
}
press() {
    for key in "$@"; do
        xdotool key "$key"
    done
}
compare() { # KIND: the screen with the expected picture
    "$tools/pictures" "$1" "$work/expected.png" "$work/screen/Xvfb_screen0" >"$work/difference"
}
differs() {
    compare same
    [ $? -eq 1 ]
}
# shows WHAT ARGUMENT...: soon the screen is the picture of these arguments.
shows() {
    local what=$1
    shift
    checks=$((checks + 1))
    "$viewer" "$@" --size "${width}x${height}" --screenshot "$work/expected.png" ||
        fail "$what: no picture"
    await compare "${how:-same}" || fail "$what: $(cat "$work/difference")"
}
changes() { check "$1" await differs; } # WHAT: soon the screen is another than the last expected
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
changes "help covers the rest"
press Escape
shows "help is gone" replay "${files[@]}" --at 0
press plus plus
shows "four times the speed" replay "${files[@]}" --at 0 --speed 4
press space
changes "it plays"
press space minus minus Home
shows "after playing, the first step again" replay "${files[@]}" --at 0
window=$(xdotool search --name '^Cairn$')
timeout 30 xdotool windowsize --sync "$window" 700 500
width=700 height=500 shows "a smaller window" replay "${files[@]}" --at 0
timeout 30 xdotool windowsize --sync "$window" $width $height
shows "the old size" replay "${files[@]}" --at 0
close

# ---------------------------------------------------------------- processor
spent() { # SECONDS: hundredths of a second of processor that the viewer takes in them
    local before
    before=$(ticks)
    sleep "$1"
    echo $(($(ticks) - before))
}
at_rest() { [ "$(spent 1)" -eq 0 ]; }
if [[ $products == */build ]]; then # not under a sanitizer
    open replay "$work/long.cairn" --at 500 --speed 4
    shows "step 500" replay "$work/long.cairn" --at 500 --speed 4
    check "the window comes to rest" await at_rest
    idle=$(spent 3)
    press space
    busy=$(spent 5)
    echo "idle: $idle of 300 ticks; playing 40 steps a second, 30 pictures a second: $busy of 500"
    check "an idle window uses no processor" [ "$idle" -le 1 ]
    check "playing uses less than a tenth of a core" [ "$busy" -lt 50 ]
    changes "it did play"
    close
    open play # which looks out for gamepads
    check "a new game comes to rest" await at_rest
    idle=$(spent 4)
    echo "idle, waiting for a person: $idle of 400 ticks"
    check "a game that waits uses no processor" [ "$idle" -le 2 ]
    close
fi

# ---------------------------------------------------------------- play
keys=(d d space w a s Tab x t r f p 1 2 3 4 5 6 Left Up shift+d)
open play --seed 3 --record "$work/games"
press "${keys[@]}"
press comma comma a # looking back, then on from the last step
sleep 0.5
close
game=$(find "$work/games" -name '*.cairn')
cairn=$products/cairn
expect 0 "^steps +$((${#keys[@]} + 1))$" info "$game"
expect 0 '^played_again +the same$' info "$game"
open play --seed 3 --fps 20 --record "$work/live"
xdotool keydown d
sleep 2.5
xdotool keyup d
close TERM
expect 0 '^steps +[1-9][0-9]' info "$(find "$work/live" -name '*.cairn')"

# ---------------------------------------------------------------- watch
"$products/cairn" train "${tiny[@]}" --set world.length=10000 --steps 512 --seed 3 --out "$work/run" -q
open watch "$work/run" --seed 5 --paused --record "$work/watched"
shows "an agent before its first step" watch "$work/run" --seed 5 --at 0
press Right Right Right Right Right
shows "single steps" watch "$work/run" --seed 5 --at 5
press Left Left Home End
shows "back and forth" watch "$work/run" --seed 5 --at 5
press c a w c space # two steps of a person
sleep 2.5
close
game=$(find "$work/watched" -name '*.cairn')
steps=$("$cairn" info "$game" | awk '$1 == "steps" { print $2 }')
check "the agent goes on after the person, to $steps steps" [ "$steps" -gt $((5 + 2)) ]
expect 0 '^played_again +the same$' info "$game"
finish
