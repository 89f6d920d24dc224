#!/usr/bin/env bash
# Feeds every parser. Each fuzz_NAME.c has its corpus in tests/fuzz/corpus/NAME/.
#
#     tests/fuzz/fuzz.sh build/asan            replays the corpora and damaged copies of them
#     tests/fuzz/fuzz.sh build/fuzz SECONDS    searches for new inputs that long for each parser;
#                                              finds go to build/fuzz/found/NAME/
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=${1:?usage: tests/fuzz/fuzz.sh BUILD-FOLDER [SECONDS]}
seconds=${2-}
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export LSAN_OPTIONS=suppressions=$PWD/tests/sanitizers/leaks.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
passed=0 failed=0
for source in tests/fuzz/fuzz_*.c; do
    [ -f "$source" ] || continue
    name=$(basename "$source" .c)
    corpus=tests/fuzz/corpus/${name#fuzz_}
    if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
        echo "  FAIL $name: no corpus in $corpus"
        failed=$((failed + 1))
        continue
    fi
    if [ -z "$seconds" ]; then
        "$folder/tests/fuzz/$name" "$corpus"
    else
        found=build/fuzz/found/${name#fuzz_}
        mkdir -p "$found" "build/fuzz/corpus/$name"
        "$folder/tests/fuzz/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 \
            -print_final_stats=1 -artifact_prefix="$found/" "build/fuzz/corpus/$name" "$corpus" \
            >"build/fuzz/$name.log" 2>&1
    fi
    status=$?
    if [ -n "$seconds" ] && [ $status -eq 0 ]; then
        sed -n 's/^fuzz_api: /       fuzz_api: /p' "build/fuzz/$name.log"
        echo "  ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs"
    elif [ -n "$seconds" ]; then
        tail -n 40 "build/fuzz/$name.log"
    fi
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
    else
        echo "  FAIL $name: status $status"
        failed=$((failed + 1))
    fi
done
[ -n "${CHECK_TOTALS-}" ] && echo "$passed $failed" >>"$CHECK_TOTALS"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
