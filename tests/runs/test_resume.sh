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
steps=10240

begin=$(date +%s%N)
expect 0 'done: 10,240 steps' train "${tiny[@]}" --steps $steps --out "$work/whole"
took=$((($(date +%s%N) - begin) / 1000000)) # milliseconds
check "a log that is worth comparing" [ "$(wc -l <"$work/whole/stats.jsonl")" -gt 150 ]
check "one line per iteration" [ "$(wc -l <"$work/whole/metrics.jsonl")" -eq 80 ]

kills=0 status=1
while [ $status -ne 0 ] && [ $kills -lt 12 ]; do
    "$cairn" train "${tiny[@]}" --steps $steps --out "$work/killed" --resume -q >"$work/out" 2>&1 &
    pause=$((RANDOM % (took / 3) + 1))
    sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
    kill -KILL $! 2>/dev/null && kills=$((kills + 1))
    { wait $!; } 2>/dev/null
    status=$?
    if [ $status -ne 0 ] && [ $status -ne 137 ]; then
        fail "resumed training: exit status $status"
        cat "$work/out"
        break
    fi
done
echo "killed $kills times, the last after $pause of $took ms"
check "killed at least once" [ $kills -ge 1 ]
expect 0 '' train "${tiny[@]}" --steps $steps --out "$work/killed" --resume
check "the logs of the killed training are those of the whole" same_logs "$work/whole" "$work/killed"
check "the agent is the same" same_agents "$work/whole" "$work/killed"
check "nothing half written is left" [ -z "$(find "$work/killed" -name '*.tmp*')" ]
check "the last 2 checkpoints and the best are kept" \
    [ "$(find "$work/killed/checkpoints" -type f | wc -l)" -eq 3 ]

# ---------------------------------------------------------------- stopped
for signal in INT:130 TERM:143; do
    folder=$work/stopped-${signal%:*}
    env --default-signal=INT,TERM "$cairn" train "${tiny[@]}" --steps $steps --out "$folder" \
        >"$work/out" 2>&1 &
    for _ in $(seq 200); do
        [ -s "$folder/stats.jsonl" ] && break
        sleep 0.05
    done
    kill -"${signal%:*}" $!
    wait $!
    check "${signal%:*}: exit status" [ $? -eq "${signal#*:}" ]
    check "${signal%:*}: says how to go on" \
        grep -q "saved; to go on: cairn train --resume --out $folder\$" "$work/out"
    expect 0 'resuming at step' train --resume --out "$folder"
    check "${signal%:*}: the logs are the same" same_logs "$work/whole" "$folder"
done

# ---------------------------------------------------------------- finished
expect 0 'is complete with 10,240 steps' train --resume --out "$work/whole"
# Only without an annealed learning rate, whose course depends on the length.
steady=("${tiny[@]}" --set ppo.anneal=false)
expect 0 'done: 2,048 steps' train "${steady[@]}" --steps 2k --out "$work/begun"
expect 0 'resuming at step 2,048' train --resume --out "$work/begun" --steps 3k
expect 0 'done: 3,072 steps' train "${steady[@]}" --steps 3k --out "$work/longer"
check "a training that was made longer is one of that length" same_logs "$work/begun" "$work/longer"

# ---------------------------------------------------------------- a broken checkpoint
newest=$(find "$work/killed/checkpoints" -name 'step-*' | sort | tail -n 1)
printf 'x' | dd of="$newest" bs=1 seek=5000 conv=notrunc status=none
"$cairn" train --resume --out "$work/killed" >"$work/out" 2>"$work/err"
check "goes on from the checkpoint before the broken one" [ $? -eq 0 ]
check "names the broken one" grep -q "$newest.*trying the one before" "$work/err"
check "the logs are still the same" same_logs "$work/stopped-INT" "$work/killed"
finish
