#!/usr/bin/env bash
# Every public header compiles alone as C17 without a warning, and env/cairn.h, which other projects
# include, as C++ too; and so does the README's sequence model.
set -eu
cd "$(dirname "$0")/../.."
warnings=(-Wall -Wextra -Wpedantic -Werror)
for compiler in gcc clang; do
    for header in env/cairn.h nets/nets.h agent/agent.h; do
        echo "$compiler $header"
        printf '#include "%s"\n' "$header" |
            "$compiler" -std=c17 "${warnings[@]}" -I. -fsyntax-only -x c -
    done
done
for compiler in g++ clang++; do
    echo "$compiler env/cairn.h"
    printf '#include "env/cairn.h"\n' |
        "$compiler" -std=c++11 "${warnings[@]}" -I. -fsyntax-only -x c++ -
done
echo "README.md"
block=$(awk '/^```/ { inside = $0 == "```c"; next } inside' README.md)
[ "$(wc -l <<<"$block")" -gt 15 ]
printf '#include "nets/nets.h"\nint main(void) {\nchar why[NET_WHY];\n%s\n%s\n(void)ys;\n}\n' \
    'const NetReal* weights = NULL;' "$block" |
    gcc -std=c17 "${warnings[@]}" -I. -fsyntax-only -x c -
