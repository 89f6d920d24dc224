# What the scripts that run the program share; to be sourced from the repository root.
# shellcheck shell=bash
cairn=${CAIRN:-build/cairn}
work=$(mktemp -d)
checks=0 failures=0

# A training of seconds: four worlds, episodes of 50 steps, 8,000 weights, 128 steps an iteration.
# shellcheck disable=SC2034
tiny=(--preset ppo --threads 2)
for setting in world.count=4 world.length=50 ppo.rollout_steps=32 ppo.minibatch=32 \
    network.channels=4 network.blocks=1 network.tile_hidden=8 network.dense=16 network.latent=32 \
    compute.micro_batch=32 run.checkpoint_every=512; do
    tiny+=(--set "$setting")
done

# With it: distillation after every fourth rollout.
# shellcheck disable=SC2034
distil=(--set distil.memory=last --set distil.prediction=true --set distil.matching=true
    --set distil.every=4 --set distil.epochs=2 --set distil.batch=64)

fail() {
    echo "FAIL $*"
    failures=$((failures + 1))
}

# check DESCRIPTION COMMAND...: the command must succeed.
check() {
    local what=$1
    shift
    checks=$((checks + 1))
    "$@" || fail "$what"
}

# await COMMAND...: waits until it succeeds, for at most half a minute: machines can be busy.
await() {
    for _ in $(seq 300); do
        "$@" && return
        sleep 0.1
    done
    return 1
}

# expect STATUS PATTERN ARGUMENT...: exit status of the program, and a line of its output (extended
# expression; '' = whatever it prints). Errors are one line.
expect() {
    local status=$1 pattern=$2 got
    shift 2
    checks=$((checks + 1))
    "$cairn" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ "$got" -ne "$status" ]; then
        fail "cairn $*: expected exit status $status, got $got"
        tail -n 5 "$work/out" "$work/err"
    elif [ -n "$pattern" ] && ! cat "$work/out" "$work/err" | grep -qE -- "$pattern"; then
        fail "cairn $*: expected a line like '$pattern', got"
        tail -n 5 "$work/out" "$work/err"
    elif [ "$status" -ne 0 ] && [ "$(wc -l <"$work/err")" -ne 1 ]; then
        fail "cairn $*: expected one line on standard error, got"
        cat "$work/err"
    fi
}

same_logs() { # FOLDER FOLDER: equal but for times
    cmp "$1/stats.jsonl" "$2/stats.jsonl" &&
        cmp <(sed 's/, "time_.*//' "$1/metrics.jsonl") <(sed 's/, "time_.*//' "$2/metrics.jsonl") &&
        [ "$(stat -c %s "$1/events.out.tfevents.cairn")" -eq \
            "$(stat -c %s "$2/events.out.tfevents.cairn")" ]
}

same_agents() { # FOLDER FOLDER: their newest checkpoints play the same episodes
    cmp <("$cairn" eval "$1" --episodes 8 --json | grep -v '"checkpoint"') \
        <("$cairn" eval "$2" --episodes 8 --json | grep -v '"checkpoint"')
}

finish() {
    echo "$checks checks, $failures failed"
    [ "$failures" -eq 0 ]
    exit
}
