#!/bin/sh
# Prints a manual page: the given one with the program's subcommands in place of its line @COMMANDS@.
# Their options come from --help, so that page and program cannot disagree.
#
#     sh runs/man/commands.sh runs/man/cairn.1.in build/cairn > cairn.1
set -eu
LC_ALL=C
export LC_ALL
unset ARGP_HELP_FMT
page=$1 program=$2

# The lines "  name   summary" between the first two empty lines.
children() { awk 'NF == 0 { if (seen) exit; seen = 1; next } seen && /^  [a-z]/ { print $1 }'; }
section() { "$program" "$@" --help | awk -f runs/man/page.awk; }

version=$("$program" --version)
sed -n "/^@COMMANDS@\$/q; s/@VERSION@/${version#* }/; p" "$page"
for command in $("$program" --help | children); do
    if "$program" "$command" --help | grep -q '^ *-'; then
        section "$command"
    else
        for word in $("$program" "$command" --help | children); do
            section "$command" "$word"
        done
    fi
done
sed '1,/^@COMMANDS@$/d' "$page"
