#!/usr/bin/env bash
# A disk that fills up: a clear line that names the file, the last good checkpoint intact, and after
# making room the same logs as if nothing had happened. Needs a small file system of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ -z "${CAIRN_MOUNTED-}" ]; then
    # In a mount namespace of its own, so that nothing stays mounted whatever happens.
    for isolate in "unshare -m" "unshare -Urm"; do
        if $isolate mount -t tmpfs none /mnt 2>/dev/null; then
            CAIRN_MOUNTED=1 exec $isolate bash "$0"
        fi
    done
    echo "no right to mount a small file system"
    exit 77
fi
. tests/runs/program.bash # runs ${CAIRN:-build/cairn}
# A run of 2048 steps made longer is one of 6144 only if the learning rate keeps still.
tiny+=(--set ppo.anneal=false)
disk=$work/disk
trap 'umount "$disk"; rm -rf "$work"' EXIT
mkdir "$disk"
mount -t tmpfs -o size=4m none "$disk" || exit 1
run=$disk/run
fill() { # leave so many KiB
    dd if=/dev/zero of="$disk/filler" bs=1K count=8192 status=none 2>/dev/null
    truncate -s -"$1"K "$disk/filler"
}

expect 0 'done: 6,144 steps' train "${tiny[@]}" --steps 6144 --out "$work/whole"
expect 0 'done: 2,048 steps' train "${tiny[@]}" --steps 2048 --out "$run"
good=$(find "$run/checkpoints" -name 'step-*' | sort | tail -n 1)
sum=$(cksum <"$good")

# Room for some log lines, not for a checkpoint.
fill 64
expect 1 "^cairn: .*$run/.*No space left on device; the last good checkpoint is $good; .*--resume --out $run\$" \
    train --resume --out "$run" --steps 6144 -q
check "the last good checkpoint is as it was" [ "$(cksum <"$good")" = "$sum" ]
expect 0 '^environment_steps +2048' info "$good"
expect 0 '^score' eval "$run" --episodes 2
check "no half-written checkpoint" [ -z "$(find "$run/checkpoints" -name '*.tmp*' -o -empty)" ]

# No room at all, for a run that goes on and for a new one.
fill 0
expect 1 "^cairn: .*$run/.*No space left on device" train --resume --out "$run" --steps 6144 -q
expect 1 "^cairn: .*$disk/new.*No space left on device" train "${tiny[@]}" --out "$disk/new" -q
check "the last good checkpoint is still as it was" [ "$(cksum <"$good")" = "$sum" ]

rm "$disk/filler"
expect 0 'done: 6,144 steps' train --resume --out "$run" --steps 6144
check "with room again, the logs are those of a whole training" same_logs "$work/whole" "$run"
finish
