#!/usr/bin/env bash
# cairn-view without a display: options, errors of one line, pictures that are the same bytes for
# the same step, films, and how long a jump takes.
# shellcheck disable=SC2317 # a function that `await` calls
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/viz/viewer.bash # runs ${CAIRN:-build/cairn}-view
trap 'rm -rf "$work"' EXIT

"$tools/episode" "$work/agent.cairn" 300 5 agent
"$tools/episode" "$work/person.cairn" 400 5 person
"$tools/episode" "$work/long.cairn" 10000 3 agent
agent=$work/agent.cairn

# ---------------------------------------------------------------- options
expect 0 '^Usage: cairn-view SUBCOMMAND' --help
expect 0 '^cairn-view [0-9]+\.[0-9]+\.[0-9]+$' --version
for subcommand in replay watch play; do
    expect 0 "^  cairn-view $subcommand " "$subcommand" --help
done
expect 2 'replay, watch or play' ''
expect 2 "no subcommand 'rplay'" rplay
expect 2 'which EPISODE' replay
expect 2 'which CHECKPOINT' watch
expect 2 'second CHECKPOINT' watch a b
expect 2 "unexpected argument 'x'" play x
expect 2 "unknown option '--sped'" replay "$agent" --sped 3
expect 2 "unknown option '--seed'" replay "$agent" --seed 3
expect 2 'needs a value' replay "$agent" --at
expect 2 '^cairn-view: --speed: ' replay "$agent" --speed 3
expect 2 '^cairn-view: --at: .*whole number' replay "$agent" --at -1
expect 2 '^cairn-view: --size: ' replay "$agent" --size 10x10
expect 2 '^cairn-view: --size: ' replay "$agent" --size 800x600x
expect 2 '^cairn-view: --scale: ' replay "$agent" --scale nan
expect 2 '\.mp4 or \.gif' replay "$agent" --video film.avi
expect 2 'only one of' replay "$agent" --video a.gif --screenshot a.png
expect 2 'comes before' replay "$agent" --video a.gif --from 9 --to 3
expect 2 '^cairn-view: --fps: ' play --fps 0.5
expect 1 'no display' replay "$agent"
expect 1 'no display' play

# ---------------------------------------------------------------- pictures
expect 0 '' replay "$agent" --screenshot "$work/a.png" --at 120 --size 800x600
expect 0 '' replay "$agent" --screenshot "$work/b.png" --at 120 --size 800x600
check "the same step is the same bytes" cmp "$work/a.png" "$work/b.png"
expect 0 '' replay "$agent" --screenshot "$work/c.png" --at 121 --size 800x600
check "another step is another picture" test "$(cksum <"$work/a.png")" != "$(cksum <"$work/c.png")"
check "day, an agent's episode: as stored" "$tools/pictures" near tests/viz/pictures/agent.png "$work/a.png"
expect 0 '' replay "$work/person.cairn" --screenshot "$work/n.png" --at 260 --size 640x480
check "night, a person's episode: as stored" "$tools/pictures" near tests/viz/pictures/person.png "$work/n.png"
expect 0 '' replay "$agent" --screenshot "$work/other.png" --at 60 --size 800x600
check "another moment would be noticed" bash -c "! '$tools/pictures' near '$work/a.png' '$work/other.png'"
for size in 64x64 200x150 480x360 5000x100 100x5000 1920x1080; do
    expect 0 '' replay "$agent" --screenshot "$work/size.png" --size $size --at 7
done
for scale in 0.5 4; do
    expect 0 '' replay "$agent" --screenshot "$work/size.png" --scale $scale --at 300
done
expect 0 '' replay "$agent" --screenshot "$work/world.png" --world-only --size 576x448
expect 0 '' replay --screenshot "$work/-rf ; echo \$(x).png" --at 3 -- "$agent"
check "strange names stay names" [ -s "$work/-rf ; echo \$(x).png" ]
expect 1 'the episode has 300 steps' replay "$agent" --screenshot "$work/no.png" --at 301
expect 1 "^cairn-view: $work/none/x.png: cannot write: No such file" replay "$agent" --screenshot "$work/none/x.png"
check "nothing is left of what failed" [ -z "$(find "$work" -name '*.png.*')" ]

# ---------------------------------------------------------------- files that are none
: >"$work/nothing.cairn"
head -c 1000 "$agent" >"$work/half.cairn"
cp "$agent" "$work/flipped.cairn"
printf '\377' | dd of="$work/flipped.cairn" bs=1 seek=999 conv=notrunc status=none
head -c 5000 /dev/urandom >"$work/random.cairn"
for file in nothing half flipped random none; do
    expect 1 "^cairn-view: $work/$file.cairn: " replay "$work/$file.cairn" --screenshot "$work/no.png"
    expect 1 "^cairn-view: $work/$file.cairn: " watch "$work/$file.cairn" --screenshot "$work/no.png"
done
expect 1 'is a folder without checkpoints' watch "$work" --screenshot "$work/no.png"
mkdir -p "$work/run/checkpoints"
expect 1 'is a folder without checkpoints' watch "$work/run" --screenshot "$work/no.png"
for name in best.ckpt step-000000000512.ckpt step-000000001024.ckpt; do # the last that is there
    : >"$work/run/checkpoints/$name"
    : >"$work/run/checkpoints/$name.tmp"
    expect 1 "^cairn-view: $work/run/checkpoints/$name: " watch "$work/run" --screenshot "$work/no.png"
done
expect 1 "^cairn-view: " replay "$agent" --textures "$work/none" --screenshot "$work/no.png"
check "no picture of a broken file" [ ! -e "$work/no.png" ]

# ---------------------------------------------------------------- speed
expect 0 '"steps": 10000' replay "$work/long.cairn" --measure 200
cat "$work/out"
if [[ $products == */build ]]; then # not under a sanitizer
    # The median by the clock; the slowest by its work, for on a busy machine some jump must wait.
    figure() { sed -E "s/.*\"$1\": ([0-9.]+).*/\1/" "$work/out"; }
    for key in median_ms max_processor_ms; do
        check "any step of 10,000 appears in under 50 ms: $key" \
            awk "BEGIN { exit !($(figure $key) > 0 && $(figure $key) < 50) }"
    done
fi

# ---------------------------------------------------------------- films
mkdir -p "$work/empty" "$work/broken"
printf '#!/bin/sh\ncat >/dev/null\necho "no such codec" >&2\nexit 1\n' >"$work/broken/ffmpeg"
for path in "$work/empty" "$work/broken:/usr/bin:/bin"; do # the viewer with that search path
    printf '#!/bin/sh\nPATH=%s exec "%s" "$@"\n' "$path" "$viewer" >"$work/${path##*/}-viewer"
done
mv "$work/bin-viewer" "$work/broken-viewer"
chmod +x "$work"/*-viewer "$work/broken/ffmpeg"
cairn=$work/empty-viewer
expect 1 'ffmpeg, which was not found; install it' replay "$agent" --video "$work/no.gif"
cairn=$work/broken-viewer
expect 1 'ffmpeg failed: no such codec' replay "$agent" --video "$work/no.gif" --to 40
cairn=$viewer
check "no film without ffmpeg" [ -z "$(find "$work" -name 'no.gif*')" ]
if command -v ffmpeg >/dev/null; then
    frames() { ffprobe -v error -count_frames -show_entries stream=nb_read_frames,width,height -of csv=p=0 "$1"; }
    film=(--from 10 --to 40 --size 321x241 --speed 2)
    expect 0 '' replay "$agent" --video "$work/it's a \"film\" ; rm -rf x.gif" "${film[@]}"
    check "31 frames of a GIF" [ "$(frames "$work/it's a \"film\" ; rm -rf x.gif")" = 321,241,31 ]
    expect 0 '' replay "$agent" --video "$work/film.MP4" "${film[@]}"
    check "an MP4 has even sides" [ "$(frames "$work/film.MP4")" = 322,242,31 ]
    expect 0 '' replay "$agent" --video "$work/fast.mp4" --size 320x240 --speed 64
    check "640 steps a second are shown at 30" [ "$(frames "$work/fast.mp4")" = 320,240,16 ]
    (cd "$work" && "$viewer" replay agent.cairn --video -y.gif --to 3 --size 320x240) ||
        fail "a name that begins like an option"
    check "it is there" [ -s "$work/-y.gif" ]
    mkdir "$work/films"
    for stop in INT:130:gif TERM:143:mp4; do
        IFS=: read -r signal status kind <<<"$stop"
        env --default-signal=INT,TERM "$viewer" replay "$work/long.cairn" \
            --video "$work/films/stopped.$kind" 2>"$work/err" &
        half() { [ -n "$(find "$work/films" -name "stopped.$kind.*" -size +0)" ]; }
        check "a film is begun" await half
        kill -"$signal" $!
        wait $!
        check "a film is stopped by $signal: status $?" [ $? -eq "$status" ]
        check "no half film is left" [ -z "$(find "$work/films" -type f)" ]
    done
else
    echo "not tried: films, for want of ffmpeg"
fi
finish
