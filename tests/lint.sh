#!/usr/bin/env bash
# clang-tidy (checks: .clang-tidy) and cppcheck over C files. Prints what they have to say; silence
# and status 0 mean that all is well.
#
#     tests/lint.sh 'COMPILER FLAGS' FILE.c...
set -u
read -r -a flags <<<"$1"
shift
status=0
# Each file in a process of its own, two at a time. -DKERNELS names what nets/kernels.c defines.
# shellcheck disable=SC2016 # the inner shell expands them
printf '%s\n' "$@" | xargs -P 2 -I {} sh -c '
    file=$1
    shift
    out=$(clang-tidy --quiet --warnings-as-errors="*" "$file" -- "$@" -DKERNELS=base 2>/dev/null) ||
        { printf "%s\n" "$out"; exit 1; }' sh {} "${flags[@]}" || status=1
# Of cppcheck no "portability": it advises readdir_r and strtok_r in programs of one thread. Wrong
# about a row of width 0 (a graph has none), an array of functions, an index that ck_assert checked.
cppcheck --quiet --std=c11 --language=c --enable=warning,performance --inline-suppr \
    --suppress=missingIncludeSystem --suppress=invalidFunctionArg:nets/small.c \
    --suppress=uninitvar:agent/trainer_create.c '--suppress=negativeIndex:tests/*' --library=posix \
    --library=gnu -j 2 -I . -DKERNELS=base -U__cplusplus --error-exitcode=1 "$@" || status=1
exit $status
