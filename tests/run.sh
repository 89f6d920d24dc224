#!/usr/bin/env bash
# Runs test programs and test scripts, two at a time, and prints each one's summary, the whole
# output of those that fail, and at last the line "N passed, M failed". Exits 1 if any failed.
#
#     tests/run.sh VARIANT [FOLDER | FOLDER/test_NAME]...
#
# Programs are build/VARIANT/tests/*/test_* and count as many tests as Check ran. Scripts are
# tests/*/test_*.sh and count as one; CAIRN names the program under test; status 77 means that the
# machine cannot run it. Under a sanitizer only the scripts that use $CAIRN run.
set -u
cd "$(dirname "$0")/.." || exit 1

variant=${1:?usage: tests/run.sh VARIANT [FOLDER | FOLDER/test_NAME]...}
shift
limit=300 # seconds that a program may take
[ "$variant" = release ] && products=build || products=build/$variant
export CAIRN=$PWD/$products/cairn
# Every test has its own time limit too (4 s in Check): machines are busy, sanitizers slow.
case $variant in
release | double | clang) export CK_TIMEOUT_MULTIPLIER=5 ;;
*) export CK_TIMEOUT_MULTIPLIER=20 limit=900 ;;
esac
suppressions=$PWD/tests/sanitizers
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export LSAN_OPTIONS=suppressions=$suppressions/leaks.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=suppressions=$suppressions/threads.supp:halt_on_error=1
# The thread sanitizer of older compilers cannot live with widely randomised addresses.
wrap=()
[ "$variant" = tsan ] && wrap=(setarch "$(uname -m)" -R)

wanted() { # FOLDER/test_NAME, pattern...
    local name=$1
    shift
    [ $# -eq 0 ] && return 0
    for pattern in "$@"; do
        [[ $name == "$pattern" || $name == "$pattern"/* ]] && return 0
    done
    return 1
}

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
tests=()
for program in build/"$variant"/tests/*/test_*; do
    [[ -x $program && -f $program && $program != *.o ]] || continue
    name=${program#build/"$variant"/tests/}
    [ -f "tests/$name.c" ] || continue # left over from a file that is gone
    wanted "$name" "$@" && tests+=("$program")
done
for script in tests/*/test_*.sh; do
    [ -f "$script" ] || continue
    case $variant in
    release) ;;
    asan) grep -qE '[$][{]?CAIRN\>' "$script" || continue ;;
    *) continue ;;
    esac
    name=${script#tests/}
    wanted "${name%.sh}" "$@" && tests+=("$script")
done

run_one() { # NUMBER, TEST: leaves log, status and seconds
    local command=("$2")
    [[ $2 == *.sh ]] && command=(bash "$2")
    local begin=$SECONDS
    timeout --kill-after=10 "$limit" "${wrap[@]}" "${command[@]}" >"$logs/$1.log" 2>&1 </dev/null
    echo "$? $((SECONDS - begin))" >"$logs/$1.status"
}

passed=0 failed=0 skipped=0
judge() { # NUMBER, TEST: counts and prints
    local status seconds summary checks bad
    read -r status seconds <"$logs/$1.status"
    summary=$(grep -aE '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$logs/$1.log" | tail -n 1)
    if [[ $2 != *.sh && -n $summary ]]; then
        read -r checks bad < <(sed -E 's/.*Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/' \
            <<<"$summary" | awk '{ print $1, $2 + $3 }')
        # A program that fails after its suite was fine, or runs no test at all, has failed too.
        if [[ $status -ne 0 && $bad -eq 0 || $checks -eq 0 ]]; then
            bad=$((bad + 1)) checks=$((checks + 1)) summary="$summary, exit status $status"
        fi
    elif [ "$status" -eq 77 ] && [[ $2 == *.sh ]]; then
        skipped=$((skipped + 1))
        printf '  skip %-44s %s\n' "$2" "$(tail -n 1 "$logs/$1.log")"
        return
    else
        checks=1 bad=$((status != 0))
        summary="exit status $status"
        [ "$status" -eq 0 ] && summary=passed
    fi
    [ "$status" -eq 124 ] && summary="killed after $limit s"
    passed=$((passed + checks - bad)) failed=$((failed + bad))
    printf '  %s %-44s %s (%s s)\n' "$([ "$bad" -eq 0 ] && echo "ok  " || echo FAIL)" "$2" "$summary" "$seconds"
    if [ "$bad" -ne 0 ]; then
        tail -n 60 "$logs/$1.log" | sed 's/^/       | /'
    fi
}

number=0 judged=0 running=0
for test in "${tests[@]+"${tests[@]}"}"; do
    run_one $number "$test" &
    number=$((number + 1)) running=$((running + 1))
    if [ $running -ge 2 ]; then
        wait -n
        running=$((running - 1))
    fi
    while [ -f "$logs/$judged.status" ] && [ -s "$logs/$judged.status" ]; do # in order
        judge $judged "${tests[$judged]}"
        judged=$((judged + 1))
    done
done
wait
for ((; judged < number; judged++)); do
    judge $judged "${tests[$judged]}"
done

[ "$skipped" -gt 0 ] && echo "$skipped skipped"
if [ "$number" -eq 0 ]; then
    echo "no tests found for ${variant}${*:+: $*}; build them with: make VARIANT=$variant tests"
    failed=1
fi
[ -n "${CHECK_TOTALS-}" ] && echo "$passed $failed" >>"$CHECK_TOTALS"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
