#!/usr/bin/env bash
# A training killed (SIGKILL) at random moments and resumed writes the logs of one that was never
# stopped, byte for byte but for times, and has learned the same; so does one that was stopped.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/runs/program.bash # runs ${CAIRN:-build/cairn}
trap 'rm -rf "$work"' EXIT
seed=${SEED:-$$}
RANDOM=$seed
echo "random moments of SEED=$seed"

# train_whole NAME SETTING...: a training in $work/NAME-whole; sets $took in milliseconds.
train_whole() {
    local begin
    begin=$(date +%s%N)
    expect 0 "done: $steps_shown steps" train "${@:2}" --steps $steps --out "$work/$1-whole"
    took=$((($(date +%s%N) - begin) / 1000000))
}

# train_killed NAME SETTING...: one in $work/NAME-killed that must become the same.
train_killed() {
    local kills=0 status=1 pause whole=$work/$1-whole killed=$work/$1-killed
    while [ $status -ne 0 ] && [ $kills -lt 12 ]; do
        "$cairn" train "${@:2}" --steps $steps --out "$killed" --resume -q >"$work/out" 2>&1 &
        pause=$((RANDOM % (took / 3) + 1))
        sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
        kill -KILL $! 2>/dev/null
        { wait $!; } 2>/dev/null
        status=$?
        if [ $status -eq 137 ]; then
            kills=$((kills + 1))
        elif [ $status -ne 0 ]; then
            fail "resumed training: exit status $status"
            cat "$work/out"
            break
        elif [ $kills -eq 0 ] && [ $took -gt 100 ]; then # the machine has become idle: once more
            rm -r "$killed"
            took=$((took / 2)) status=1
        fi
    done
    echo "$1: killed $kills times, the last after $pause of $took ms"
    check "$1: killed at least once" [ $kills -ge 1 ]
    expect 0 '' train "${@:2}" --steps $steps --out "$killed" --resume
    check "$1: the logs of the killed training are those of the whole" same_logs "$whole" "$killed"
    check "$1: the agent is the same" same_agents "$whole" "$killed"
    check "$1: nothing half written is left" [ -z "$(find "$killed" -name '*.tmp*')" ]
    check "$1: the last 2 checkpoints and the best are kept" \
        [ "$(find "$killed/checkpoints" -type f | wc -l)" -eq 3 ]
}

# train_stopped FOLDER SIGNAL STATUS PATTERN FILE SETTING...: one that gets a signal as soon as its FILE
# has a line like PATTERN; it must end with that status.
train_stopped() {
    local folder=$1 status=0
    for _ in 1 2 3 4 5; do # a training that was over when the signal came is tried again
        rm -rf "$folder"
        env --default-signal=INT,TERM "$cairn" train "${@:6}" --steps $steps --out "$folder" \
            >"$work/out" 2>&1 &
        for _ in $(seq 3000); do
            grep -q "$4" "$folder/$5" 2>/dev/null && break
            sleep 0.01
        done
        kill -"$2" $!
        wait $!
        status=$?
        [ $status -ne 0 ] && break
    done
    check "$folder: ends with status $3, not $status" [ $status -eq "$3" ]
}

steps=10240 steps_shown=10,240
train_whole ppo "${tiny[@]}"
check "a log that is worth comparing" [ "$(wc -l <"$work/ppo-whole/stats.jsonl")" -gt 150 ]
check "one line per iteration" [ "$(wc -l <"$work/ppo-whole/metrics.jsonl")" -eq 80 ]
train_killed ppo "${tiny[@]}"

# ---------------------------------------------------------------- stopped
for signal in INT:130 TERM:143; do
    folder=$work/stopped-${signal%:*}
    train_stopped "$folder" "${signal%:*}" "${signal#*:}" . stats.jsonl "${tiny[@]}"
    check "${signal%:*}: says how to go on" \
        grep -q "saved; to go on: cairn train --resume --out $folder\$" "$work/out"
    expect 0 'resuming at step' train --resume --out "$folder"
    check "${signal%:*}: the logs are the same" same_logs "$work/ppo-whole" "$folder"
done

# ---------------------------------------------------------------- with distillation
# More epochs, so that most moments lie in one.
distil+=("${tiny[@]}" --set distil.epochs=4)
steps=6144 steps_shown=6,144
train_whole distil "${distil[@]}"
check "a line per rollout and epoch" [ "$(wc -l <"$work/distil-whole/metrics.jsonl")" -eq 96 ]
check "there was something to distil" \
    grep -q '"prediction_updates": [1-9]' "$work/distil-whole/metrics.jsonl"
train_killed distil "${distil[@]}"

# Stopped between the epochs of a phase, after the second or third of four.
folder=$work/distil-stopped
train_stopped "$folder" INT 130 '"distil_epoch": [23]' metrics.jsonl "${distil[@]}"
echo "distillation: stopped after $(tail -n 1 "$folder/metrics.jsonl" | cut -d, -f2-4)"
expect 0 'resuming at step' train --resume --out "$folder"
check "distillation: the logs are the same" same_logs "$work/distil-whole" "$folder"
check "distillation: the agent is the same" same_agents "$work/distil-whole" "$folder"

# ---------------------------------------------------------------- finished
expect 0 'is complete with 10,240 steps' train --resume --out "$work/ppo-whole"
# Only without an annealed learning rate, whose course depends on the length.
steady=("${tiny[@]}" --set ppo.anneal=false)
expect 0 'done: 2,048 steps' train "${steady[@]}" --steps 2k --out "$work/begun"
expect 0 'resuming at step 2,048' train --resume --out "$work/begun" --steps 3k
expect 0 'done: 3,072 steps' train "${steady[@]}" --steps 3k --out "$work/longer"
check "a training that was made longer is one of that length" same_logs "$work/begun" "$work/longer"

# ---------------------------------------------------------------- a broken checkpoint
newest=$(find "$work/ppo-killed/checkpoints" -name 'step-*' | sort | tail -n 1)
printf 'x' | dd of="$newest" bs=1 seek=5000 conv=notrunc status=none
"$cairn" train --resume --out "$work/ppo-killed" >"$work/out" 2>"$work/err"
check "goes on from the checkpoint before the broken one" [ $? -eq 0 ]
check "names the broken one" grep -q "$newest.*trying the one before" "$work/err"
check "the logs are still the same" same_logs "$work/stopped-INT" "$work/ppo-killed"
finish
