#!/usr/bin/env bash
# The frame of the project, read from its files: which folder may include which, what the top level
# holds, what library code must not call, and that no state hides in globals.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0
complain() { # what, then the offending lines
    printf '%s:\n    %s\n' "$1" "${2//$'\n'/$'\n'    }"
    failed=1
}
expect_none() { [ -z "$2" ] || complain "$1" "$2"; }

# Own includes as "file folder/header". Everything of ours is included by its path from the top.
includes=$(grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' \
    env/*.[ch] nets/*.[ch] agent/*.[ch] runs/*.[ch] viz/*.[ch] tests/*.[ch] tests/*/*.[ch] 2>/dev/null |
    sed -E 's/^([^:]+):([0-9]+):.*"([^"]+)".*/\1:\2 \3/')
[ -n "$includes" ] || complain "no #include lines found" "in any folder"

# $1 folder, $2 headers of others that it may include (extended regular expression)
arrows() {
    local others=${2//\\/}
    expect_none "$1 may include only its own headers${2:+ and ${others//|/, }}" \
        "$(grep -E "^$1/" <<<"$includes" | grep -vE " ($1/[^ ]+${2:+|$2})\$")"
}
arrows env ''
arrows nets ''
arrows agent 'env/cairn\.h|nets/nets\.h'
arrows runs 'env/cairn\.h|nets/nets\.h|agent/agent\.h|viz/charts\.h'
arrows viz 'env/cairn\.h|agent/agent\.h'
expect_none "no file includes a .c" "$(grep -E '\.c$' <<<"$includes")"
expect_none "headers begin with #pragma once" "$(
    for header in env/*.h nets/*.h agent/*.h runs/*.h viz/*.h tests/*.h; do
        [ ! -f "$header" ] || grep -q '^#pragma once' "$header" || echo "$header"
    done
)"

# Library code returns a status and a message; it neither prints nor ends the program, and reads no
# environment. Comments do not count.
expect_none "env, nets and agent neither print, exit nor read the environment" "$(
    for file in env/*.c nets/*.c agent/*.c; do
        [ -f "$file" ] || continue
        gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null |
            grep -nE '\b(printf|puts|putchar|perror|exit|_exit|abort|getenv|secure_getenv)[[:space:]]*\(|\b(stdout|stderr)\b' |
            sed "s|^|$file: |"
    done
)"

# Objects in .data or .bss are mutable globals or static locals. Constants with pointers in them lie
# in .data.rel.ro and are fine.
allowed='^$'
# Signal handlers can reach nothing but a global.
allowed+='|^runs/stop\.o \.bss stop_flag$|^viz/video\.o \.bss stopped$'
globals=$(
    for object in build/release/{env,nets,agent,runs,viz}/*.o; do
        source=${object#build/release/}
        source=${source%.o}.c # objects left over from a file that is gone do not count
        [[ -f $source || -f build/release/$source || $source == nets/kernels_* ]] || continue
        objdump -t "$object" | sed -nE "s|^[0-9a-f]+ .{7} ((\.(data\|bss\|tdata\|tbss)\|\*COM\*)[^\t]*)\t[0-9a-f]+ +(.+)|${object#build/release/} \1 \4|p" |
            grep -vE ' \.data\.rel\.ro| \.[a-z.]+$'
    done
)
expect_none "no mutable globals or static locals" "$(grep -vE "$allowed" <<<"$globals" | grep .)"

# What the libraries offer is what cairn.h declares.
declared=$(grep -oE '\bcairn_[a-z0-9_]+\(' env/cairn.h | tr -d '(' | sort -u)
for library in build/libcairn.so build/libcairn.a; do
    if [ ! -f "$library" ]; then
        complain "$library" "is missing: run make"
        continue
    fi
    how=-g
    [[ $library == *.so ]] && how=-D
    exported=$(nm "$how" --defined-only "$library" | awk 'NF == 3 { print $NF }' | sort)
    expect_none "$library offers only functions that env/cairn.h declares" \
        "$(comm -23 <(echo "$exported") <(echo "$declared"))"
    expect_none "env/cairn.h declares only functions that $library offers" \
        "$(comm -13 <(echo "$exported") <(echo "$declared"))"
done

if tracked=$(git ls-files 2>/dev/null) && [ -n "$tracked" ]; then
    expect_none "the top level holds nothing but its folders, README.md, LICENSE and Makefile" \
        "$(cut -d/ -f1 <<<"$tracked" | sort -u | grep -vxE '\..+|Makefile|README\.md|LICENSE|env|nets|agent|runs|viz|tests')"
    expect_none "no tracked file names a folder of one machine" \
        "$(git grep -nIE '(^|[^A-Za-z0-9_.$}/-])/(home|root|work|Users|mnt|media|data)/[A-Za-z0-9]' -- . ':!tests/structure/test_arrows.sh')"
    expect_none "no notes to self are left" \
        "$(git grep -nIE '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b' -- . ':!tests/structure/test_arrows.sh')"
    expect_none "no tracked file is larger than 4 MiB, a kept agent's weights than 8 MB" \
        "$(git ls-files -z | xargs -0 du -k 2>/dev/null |
            awk '$1 > ($2 ~ /^runs\/results\/agents\/.*\.ckpt$/ ? 7812 : 4096)')"
fi
exit $failed
