#!/usr/bin/env bash
# Everything that `make check` does: builds each variant with warnings as errors, runs its tests,
# then the checks of the sources. Goes on after a failure, says which stage failed, how long each
# took, and ends with the line "N passed, M failed" over all of them.
#
#     tests/check.sh [STAGE]...      one or more of: release clang double asan fuzz tsan blas source
set -u
cd "$(dirname "$0")/.." || exit 1

export CI=1
compiler=${CC:-gcc} # for the release build; each other variant knows its own
unset MAKEFLAGS MAKELEVEL CC
jobs=${JOBS:-2}
begin=$SECONDS
report=() # one line per stage
broken=0
CHECK_TOTALS=$(mktemp)
export CHECK_TOTALS
trap 'rm -f "$CHECK_TOTALS"' EXIT

build() { make --no-print-directory -j"$jobs" "$@"; }
suites() { bash tests/run.sh "$@"; }

stage_release() { # the program, the library and every suite, in the compiler of choice
    build CC="$compiler" all tests && suites release
}
stage_clang() { # the other compiler: its warnings, and the world's exactness once more
    build VARIANT=clang all tests && suites clang env runs/test_replay
}
stage_double() { # networks and learner against reference figures in double precision
    build VARIANT=double tests-nets tests-agent && suites double nets agent
}
stage_asan() { # address, undefined behaviour and leak sanitizers on everything
    local viewer=()
    pkg-config --exists sdl2 SDL2_ttf && viewer=(build/asan/cairn-view)
    build VARIANT=asan build/asan/cairn "${viewer[@]}" tests && suites asan
}
stage_fuzz() { # every parser reads its corpus, and damaged copies of it, under the sanitizers
    build VARIANT=asan fuzzers && bash tests/fuzz/fuzz.sh build/asan
}
stage_tsan() { # the thread sanitizer on what uses threads
    local tests=() test
    for test in env/test_vector env/test_ahead agent/test_trainer; do
        [ ! -f "tests/$test.c" ] || tests+=("$test")
    done
    build VARIANT=tsan "${tests[@]/#/build/tsan/tests/}" && suites tsan "${tests[@]}"
}
stage_blas() { # as if oneDNN were not there
    build NO_ONEDNN=1 build/release-blas/cairn tests-nets && suites release-blas nets
}
stage_source() { # layout and lint; one count each
    local failed=0
    make --no-print-directory format-check || failed=$((failed + 1))
    make --no-print-directory lint || failed=$((failed + 1))
    echo "$((2 - failed)) $failed" >>"$CHECK_TOTALS"
    [ $failed -eq 0 ]
}

stages=("$@")
[ $# -gt 0 ] || stages=(release clang double asan fuzz tsan blas source)
for stage in "${stages[@]}"; do
    echo "== $stage"
    start=$SECONDS
    if "stage_$stage"; then
        report+=("$(printf '  ok    %-8s %4d s' "$stage" $((SECONDS - start)))")
    else
        report+=("$(printf '  FAIL  %-8s %4d s' "$stage" $((SECONDS - start)))")
        broken=$((broken + 1))
    fi
done

echo "== stages"
printf '%s\n' "${report[@]}"
echo "  all           $((SECONDS - begin)) s"
read -r passed failed < <(awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }' "$CHECK_TOTALS")
# A stage that broke before its tests could run counts as one failure.
[ $broken -gt 0 ] && [ "$failed" -eq 0 ] && failed=$broken
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
