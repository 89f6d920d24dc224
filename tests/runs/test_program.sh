#!/usr/bin/env bash
# The program's frame, `cairn train` and `cairn eval` as a user calls and miscalls them: exit status
# 0 done, 1 failed, 2 the call cannot be meant, one line for every error, and nothing lost.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/runs/program.bash # runs ${CAIRN:-build/cairn}
trap 'rm -rf "$work"' EXIT

# ---------------------------------------------------------------- frame
expect 0 '^Usage: cairn SUBCOMMAND' --help
expect 0 '^cairn [0-9]+\.[0-9]+\.[0-9]+$' --version
expect 2 "did you mean 'train'" trian
expect 2 "no subcommand 'xyzzy'\." xyzzy
for subcommand in train eval report verify info bench; do
    expect 0 "cairn $subcommand " "$subcommand" --help
done
"$cairn" >"$work/out" 2>&1
check "without a subcommand: help and status 2" [ $? -eq 2 ]

# ---------------------------------------------------------------- mistakes in options and settings
expect 2 "unknown option '--stpes'; did you mean '--steps'" train --out "$work/never" --stpes 5
expect 2 "unknown key 'ppo.gama'; did you mean 'ppo.gamma'" train --out "$work/never" --set ppo.gama=1
expect 2 "ppo.gamma.*\[0, 1\]" train --out "$work/never" --set ppo.gamma=1.5
expect 2 "section.key=value" train --out "$work/never" --set ppo.gamma
expect 2 "did you mean 'paper-ppo'" train --out "$work/never" --preset paper-pop
expect 2 "$work/none.ini" train --out "$work/never" --preset "$work/none.ini"
printf '[ppo]\n\ngama = 1\n' >"$work/typo.ini"
expect 2 "$work/typo.ini:3: unknown key 'ppo.gama'" train --out "$work/never" --preset "$work/typo.ini"
for steps in 0 -5 abc 1e60 9999999999999999999999 ''; do
    expect 2 "^cairn: --steps: " train --out "$work/never" --steps "$steps"
done
expect 2 "^cairn: --seed: " train --out "$work/never" --seed 1.5
expect 2 "^cairn: --threads: " train --out "$work/never" --threads 0
expect 2 "unexpected argument 'folder'" train --out "$work/never" folder
expect 2 "ppo.minibatch is 7" train --out "$work/never" --set ppo.minibatch=7
expect 2 "compute.threads" train --out "$work/never" --set compute.threads=33
check "a refused call leaves no folder" [ ! -e "$work/never" ]
expect 0 '^ppo.gamma +0.95 .*\[0, 1\] \(paper\)' train --keys

# ---------------------------------------------------------------- a run and its folder
expect 0 'done: 1,024 steps' train "${tiny[@]}" --steps 1k --seed 3 --out "$work/deep/er/run"
run=$work/deep/er/run
for file in config.ini stats.jsonl metrics.jsonl events.out.tfevents.cairn \
    checkpoints/step-000000001024.ckpt; do
    check "$file is there" [ -s "$run/$file" ]
done
check "settings are resolved" grep -qx 'seed = 3' "$run/config.ini"
check "what auto became is written" grep -qE '^backend = (blas|onednn)$' "$run/config.ini"
check "the preset is named" grep -qx 'preset = ppo' "$run/config.ini"
expect 0 'done' train --preset "$run/config.ini" --out "$work/copy"
check "a run's config.ini makes the same run" same_logs "$run" "$work/copy"
expect 0 '' train "${tiny[@]}" --steps 1k --seed 4 --out "$work/quiet" --quiet
check "quiet is quiet" [ ! -s "$work/out" ]
check "another seed is another run" [ "$(cksum <"$run/stats.jsonl")" != "$(cksum <"$work/quiet/stats.jsonl")" ]

before=$(cat "$run"/*.jsonl "$run/config.ini" "$run"/checkpoints/* | cksum)
expect 2 "holds a run; continue it with --resume, or choose another --out" train --out "$run"
expect 2 "the run to resume was begun with 3" train --out "$run" --resume --seed 4
expect 2 "the run to resume was begun with ppo" train --out "$run" --resume --preset paper-ppo
"$cairn" train --out "$run" --resume --steps 2k --set network.channels=5 >"$work/out" 2>"$work/err"
check "a checkpoint of another network is refused" [ $? -eq 1 ]
check "it says how they differ" grep -q "network.channels is 4.*5" "$work/err"
after=$(cat "$run"/*.jsonl "$run/config.ini" "$run"/checkpoints/* | cksum)
check "refused calls change nothing" [ "$before" = "$after" ]

mkdir "$work/other" && touch "$work/other/thesis.txt"
expect 2 "is not empty and holds no run" train --out "$work/other" --resume
expect 1 "is no folder" train --out "$work/other/thesis.txt"
mkdir "$work/empty"
expect 0 'nothing to resume in .*: beginning' train "${tiny[@]}" --steps 128 --out "$work/empty" --resume
long=$(printf 'x%.0s' $(seq 1100))
expect 2 "longer than" train --out "$long"
cp -r "$run" "$work/cut" && truncate -s 100 "$work/cut/stats.jsonl"
expect 1 "$work/cut/stats.jsonl has 100 bytes" train --resume --out "$work/cut" --steps 2k

# Folders without the right to write; root may write everywhere, so it becomes somebody else.
mkdir "$work/readonly" && chmod 555 "$work/readonly"
cp -r "$run" "$work/locked" && chmod -R a-w "$work/locked"
plain=$cairn
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$work"
    printf '#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups "%s" "$@"\n' \
        "$(realpath "$cairn")" >"$work/nobody" && chmod 755 "$work/nobody"
    cairn=$work/nobody
fi
if "$cairn" --version >/dev/null 2>&1; then
    expect 1 "cannot make the folder $work/readonly/run.*Permission denied" train --out "$work/readonly/run"
    expect 1 "cannot write $work/locked/.*: Permission denied" train --resume --out "$work/locked" --steps 2k
    expect 1 "^cairn: $work/readonly/.*Permission denied" eval "$run" --episodes 1 --record "$work/readonly"
else
    echo "not tried: folders without the right to write, for want of another user"
fi
cairn=$plain
chmod -R u+w "$work"

# Two trainings in one folder.
"$cairn" train "${tiny[@]}" --steps 1M --out "$work/busy" -q &
await [ -s "$work/busy/metrics.jsonl" ]
expect 1 "another .cairn train. is running" train --resume --out "$work/busy"
kill -TERM $!
wait $!

# Numbers that stop being finite.
expect 1 "update [0-9]+ is not finite.*no checkpoint yet" train "${tiny[@]}" -q --out "$work/wild" \
    --set ppo.learning_rate=1 --set ppo.gradient_limit=1e9 --set ppo.adam_epsilon=1e-30 \
    --set ppo.adam_beta1=0.9999999 --set ppo.adam_beta2=0

# In a distillation phase: the pass is named, the checkpoint before it stays good and is named too.
# PPO hardly moves here.
expect 1 "(matching|prediction) of the distillation phase after 512 steps: the (gradient|loss|vector of a goal) is not finite.*the last good checkpoint is $work/wild-phase/checkpoints/step-000000000512.ckpt; to go on from there: cairn train --resume --out $work/wild-phase\$" \
    train "${tiny[@]}" "${distil[@]}" -q --out "$work/wild-phase" --steps 4k \
    --set ppo.learning_rate=1e-12 --set distil.learning_rate=1 --set distil.epochs=50 \
    --set ppo.gradient_limit=1e9 --set ppo.adam_epsilon=1e-10 --set ppo.adam_beta1=0.9999999 \
    --set ppo.adam_beta2=0
expect 0 '^environment_steps +512' info "$work/wild-phase/checkpoints/step-000000000512.ckpt"
expect 0 'resuming at step 512' train --resume --out "$work/wild-phase" \
    --set distil.learning_rate=1e-4 --set ppo.adam_epsilon=1e-8 --set ppo.adam_beta1=0.9 \
    --set ppo.adam_beta2=0.999 --steps 1k

# A schedule whose first phase would come after the end: said once, and the training goes on.
expect 0 "^cairn: warning: no distillation: its first phase would come after 512 steps.*train.steps is 384\$" \
    train "${tiny[@]}" "${distil[@]}" -q --steps 384 --out "$work/no-phase"
check "the warning is one line" [ "$(wc -l <"$work/err")" -eq 1 ]
check "no phase" [ "$(grep -c distil_epoch "$work/no-phase/metrics.jsonl")" -eq 0 ]
expect 0 '' train "${tiny[@]}" "${distil[@]}" -q --steps 385 --out "$work/one-phase" # 4 rollouts
check "no warning where there is one" [ ! -s "$work/err" ]
check "one phase" [ "$(grep -c distil_epoch "$work/one-phase/metrics.jsonl")" -eq 2 ]

# ---------------------------------------------------------------- eval
expect 0 '^collect_wood +[0-9]+\.[0-9]+ % +[0-9.]+ \.\. [0-9.]+$' eval "$run" --episodes 8 --threads 1
cp "$work/out" "$work/one-thread"
expect 0 '^score ' eval "$run" --episodes 8 --threads 3
check "threads change no figure" cmp "$work/out" "$work/one-thread"
expect 0 '"score_percent"' eval "$run/checkpoints/step-000000001024.ckpt" --episodes 3 --json
expect 0 'episode files in' eval "$run" --episodes 3 --record "$work/episodes"
check "three episode files" [ "$(find "$work/episodes" -name '*.cairn' | wc -l)" -eq 3 ]
for file in "$work"/episodes/*.cairn; do
    expect 0 'the same' info "$file"
done
expect 0 '^value fit +[0-9.]+ ' eval "$run" --episodes 3
expect 0 '^how episodes end: thirst [0-9.]+ %, hunger' eval "$run" --episodes 3
expect 0 '"missed_steps": [0-9]' eval "$run" --episodes 3 --json
expect 0 '^collect_wood +3 ' eval "$run" --episodes 3
expect 0 '"thirst_percent": [0-9]' eval "$run" --episodes 3 --json
expect 1 'no memory of its steps.*memory.kind' eval "$run" --recall nothing
expect 2 "recall is 'all', expected own, nothing or other" eval "$run" --recall all
expect 0 '' train "${tiny[@]}" -q --steps 256 --out "$work/memory" --set memory.kind=ccm-concat \
    --set memory.chunk=4 --set memory.width=8 --set memory.hidden=8 --set ppo.minibatch=64
expect 0 'episodes .*swapped for another' eval "$work/memory" --episodes 9 --recall other
expect 0 '"recall": "nothing"' eval "$work/memory" --episodes 3 --recall nothing --json
expect 0 "^water +[0-9]+( +[0-9.]+ %){3}$" eval "$work/memory" --episodes 30
expect 0 '"memory_percent": [0-9]' eval "$work/memory" --episodes 30 --json
expect 2 'which CHECKPOINT' eval
expect 2 'found a second' eval a b
expect 2 'episodes.*\[1, 1000000\]' eval "$run" --episodes 0
expect 1 'No such file' eval "$work/nowhere"
expect 1 'no checkpoint in it' eval "$work/other"
expect 1 'no Cairn checkpoint' eval "$run/config.ini"
checkpoint=$run/checkpoints/step-000000001024.ckpt
: >"$work/nothing.ckpt"
head -c 1000 "$checkpoint" >"$work/half.ckpt"
cp "$checkpoint" "$work/flipped.ckpt"
printf '\377' | dd of="$work/flipped.ckpt" bs=1 seek=9999 conv=notrunc status=none
for file in nothing half flipped; do
    expect 1 "^cairn: $work/$file.ckpt: " eval "$work/$file.ckpt"
done
finish
