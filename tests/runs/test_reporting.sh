#!/usr/bin/env bash
# The commands verify, report, bench env and info as a user calls them: what they print last, their
# exit status (0 done, 1 failed, 2 the call cannot be meant), one line for every error.
set -u
cd "$(dirname "$0")/../.." || exit 1
cairn=${CAIRN:-build/cairn}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# STATUS, PATTERN (extended, of any line of the output), ARGUMENT...
expect() {
    local status=$1 pattern=$2 got
    shift 2
    "$cairn" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ $got -ne "$status" ]; then
        echo "cairn $*: expected exit status $status, got $got"
        tail -n 5 "$work/out" "$work/err"
        failures=$((failures + 1))
    elif ! cat "$work/out" "$work/err" | grep -qE -- "$pattern"; then
        echo "cairn $*: expected a line like '$pattern', got"
        tail -n 5 "$work/out" "$work/err"
        failures=$((failures + 1))
    fi
}
# The same for errors of one line.
expect_line() {
    expect "$@"
    if [ "$(wc -l <"$work/err")" -ne 1 ]; then
        echo "cairn ${*:3}: expected one line on standard error, got"
        cat "$work/err"
        failures=$((failures + 1))
    fi
}

# ---------------------------------------------------------------- verify
rows=$(for trace in tests/goldens/*.tsv.gz; do zcat "$trace"; done | grep -vc '^#')
expect 0 "^$rows steps, 0 mismatches\$" verify tests/goldens/*.tsv.gz
[ "$(tail -n 1 "$work/out")" = "$rows steps, 0 mismatches" ] || {
    echo "verify: the last line is '$(tail -n 1 "$work/out")'"
    failures=$((failures + 1))
}
golden=tests/goldens/random-0.tsv.gz
zcat $golden | head -n 40 | awk 'BEGIN { FS = OFS = "\t" } NR == 30 { $9 = $9 + 1 } 1' |
    gzip >"$work/changed.tsv.gz"
expect 1 'changed.tsv.gz: episode 1, step 28, x: expected [0-9]+, got [0-9]+' \
    verify "$work/changed.tsv.gz"
[ "$(tail -n 1 "$work/out")" = "39 steps, 1 mismatches" ] || {
    echo "verify: the last line is '$(tail -n 1 "$work/out")'"
    failures=$((failures + 1))
}
head -c 5000 $golden >"$work/short.tsv.gz"
expect_line 1 'short.tsv.gz' verify "$work/short.tsv.gz"
expect_line 1 'missing.tsv.gz' verify "$work/missing.tsv.gz"
: >"$work/empty.tsv.gz"
expect_line 1 'empty' verify "$work/empty.tsv.gz"
expect_line 1 "$work" verify "$work"
printf '\033[31m\r\n' >"$work/escapes.tsv"
expect_line 1 'first line is "[?]\[31m[?]"' verify "$work/escapes.tsv"
expect_line 1 'nowhere' verify --textures "$work/nowhere" $golden
expect 2 'which trace' verify
expect 2 "did you mean '--textures'" verify --texturs=s $golden

# ---------------------------------------------------------------- report
names='collect_coal collect_diamond collect_drink collect_iron collect_sapling collect_stone
    collect_wood defeat_skeleton defeat_zombie eat_cow eat_plant make_iron_pickaxe make_iron_sword
    make_stone_pickaxe make_stone_sword make_wood_pickaxe make_wood_sword place_furnace place_plant
    place_stone place_table wake_up'
episode() { # REWARD, COUNT of each achievement
    printf '{"length": 100, "reward": %s' "$1"
    for name in $names; do printf ', "achievement_%s": %d' "$name" "$2"; done
    echo '}'
}
mkdir "$work/ppo-seed0" "$work/ppo-seed1"
{ episode 1.5 1; episode 2.5 0; } >"$work/ppo-seed0/stats.jsonl"
{ episode 4.5 1; episode 5.5 0; } >"$work/ppo-seed1/stats.jsonl"
expect 0 '^ppo +2 +200\* +4 +50.0 ± 0.0 +3.5 ± 1.5 +21.1 ± 0.0 +100.0 ± 0.0$' \
    report "$work"/ppo-seed* --csv "$work/r.csv" --json "$work/r.json" --html "$work/r.html"
for form in csv json html; do
    grep -q collect_coal "$work/r.$form" || {
        echo "report: no collect_coal in r.$form"
        failures=$((failures + 1))
    }
done
[ ! -e "$work/r.csv.tmp" ] || failures=$((failures + 1))
expect 0 '^ppo +2 +200 ' report --budget 200 "$work"/ppo-seed*
expect_line 1 'r.csv' report "$work/ppo-seed0" --csv "$work/none/r.csv"
expect_line 1 'not-there' report "$work/not-there"
expect_line 1 'same run' report "$work/ppo-seed0" "$work/ppo-seed0/"
sed -i '2s/reward/rewarb/' "$work/ppo-seed1/stats.jsonl"
expect_line 1 'stats.jsonl:2:' report "$work"/ppo-seed*
expect 2 'which run' report
expect_line 2 '--budget' report "$work/ppo-seed0" --budget -1
expect_line 2 "unknown option '--pdfs" report "$work/ppo-seed0" --pdfs x.pdf
expect_line 2 "no chart 'spectrom'; did you mean 'spectrum'" \
    report "$work/ppo-seed0" --svg "$work/x.svg" --chart spectrom
expect_line 2 'into which file' report "$work/ppo-seed0" --chart score
expect 0 '^ppo ' report "$work/ppo-seed0" --svg "$work/x.svg" --chart score
grep -q '>Score (%)</text>' "$work/x.svg" || {
    echo "report: x.svg is no chart of the score"
    failures=$((failures + 1))
}
expect_line 1 'x.svg: none of the runs has a metrics.jsonl' \
    report "$work/ppo-seed0" --svg "$work/x.svg" --chart losses

# Following: a training is what holds the lock of the folder.
expect 0 '^ppo +1 +200' report --follow "$work/ppo-seed0" --html "$work/live.html"
grep -q 'http-equiv="refresh"' "$work/live.html" && {
    echo "report --follow: the page of an ended run reloads itself"
    failures=$((failures + 1))
}
expect_line 1 'not-there' report --follow "$work/not-there"
if command -v flock >/dev/null; then
    exec 4<"$work/ppo-seed0"
    flock 4
    rm "$work/live.html"
    "$cairn" report --follow "$work/ppo-seed0" --html "$work/live.html" >"$work/out" 2>"$work/err" 4<&- &
    follower=$!
    for _ in $(seq 300); do # machines can be busy
        [ -e "$work/live.html" ] && break
        sleep 0.1
    done
    grep -q 'http-equiv="refresh"' "$work/live.html" || {
        echo "report --follow: the page of a run that goes on does not reload itself"
        failures=$((failures + 1))
    }
    kill -TERM $follower
    wait $follower
    status=$?
    exec 4<&-
    [ $status -eq 143 ] || {
        echo "report --follow: expected exit status 143 after SIGTERM, got $status"
        cat "$work/out" "$work/err"
        failures=$((failures + 1))
    }
fi
# Device full: the report is lost, but not in silence.
if [ -w /dev/full ]; then
    "$cairn" report "$work/ppo-seed0" >/dev/full 2>"$work/err" && {
        echo "report: a full standard output went unnoticed"
        failures=$((failures + 1))
    }
fi

# ---------------------------------------------------------------- bench env
expect 0 '"observation": "tiles", .*"worlds": 3, "threads": 2, .*"steps_per_s": [1-9]' \
    bench env --worlds 3 --threads 2 --seconds 0.02 --repeats 2 --observation tiles \
    --csv "$work/b.csv"
grep -q '^step,tiles,3,2,steps/s,[1-9]' "$work/b.csv" || {
    echo "bench env: b.csv lacks its line"
    failures=$((failures + 1))
}
expect 0 '"env_store", .*"frame_bytes": 12288, .*"share_of_pixels": 0\.[0-9]*[1-9]' \
    bench env --mode fast --worlds 3 --seconds 0.005 --repeats 1
expect 2 'observation' bench env --observation sound
expect_line 2 'worlds' bench env --worlds 0
expect_line 2 'benchmark' bench everything

# ---------------------------------------------------------------- bench memory
expect 0 '"memory": "none", .*"within_bounds": true, .*"settings": "updates=30 rate=0.001 ' \
    bench memory --memory none --updates 30 --check
expect 1 '1 of 1 scores are out of bounds' bench memory --memory full --updates 1 --check
expect 0 '"within_bounds": false' bench memory --memory full --updates 1
expect_line 2 'full: .*positions within chunks' bench memory --set positions=chunk
expect_line 2 "'pace=3' is no setting here: updates, rate," bench memory --set pace=3

# ---------------------------------------------------------------- info
expect 0 '^agent +ppo$' info "$work/ppo-seed0"
expect 0 '"kind": "run", .*"seed": "0"' info --json "$work/ppo-seed0"
echo hello >"$work/hello.txt"
expect_line 1 'hello.txt: of no known kind; expected a checkpoint' info "$work/hello.txt"
expect_line 1 'hello.cairn' info "$work/hello.cairn"
cp "$work/hello.txt" "$work/hello.cairn"
expect_line 1 'hello.cairn' info "$work/hello.cairn"
cp "$work/hello.txt" "$work/hello.ckpt"
expect_line 1 'hello.ckpt' info "$work/hello.ckpt"
expect 2 'which file' info

[ $failures -eq 0 ] || echo "$failures failures"
[ $failures -eq 0 ]
