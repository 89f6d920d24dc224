#!/usr/bin/env bash
# Fails when clang-format would change a file given as argument. Every version of clang-format lays
# out a little differently; 14 (Debian 12) is the one that counts.
set -u
formatter=$(command -v clang-format-14 || command -v clang-format) || {
    echo "format: clang-format is missing; run: make deps" >&2
    exit 1
}
version=$("$formatter" --version | sed -E 's/.*version ([0-9]+).*/\1/')
if [ "$version" != 14 ]; then
    echo "format: not checked: clang-format 14 is needed, found $version"
    exit 0
fi
"$formatter" --dry-run --Werror "$@"
