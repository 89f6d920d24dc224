#!/usr/bin/env bash
# Installs into a folder of its own, builds programs against that alone with pkg-config, linked both
# ways, runs them, and removes everything again.
set -eu
cd "$(dirname "$0")/../.."
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
fail() {
    echo "$*"
    exit 1
}
export MAKEFLAGS=
run_make() { # silent unless it fails
    make --no-print-directory "$@" >"$stage/log" 2>&1 || fail "make $* failed: $(cat "$stage/log")"
}
run_make install PREFIX="$stage/usr"
export PKG_CONFIG_PATH=$stage/usr/lib/pkgconfig
version=$(pkg-config --modversion cairn)
[ "$(ls "$stage/usr/include")" = cairn.h ] || fail "expected one header, found: $(ls "$stage/usr/include")"

# The examples, linked to the shared library, as they are installed and as the README shows one.
examples=$stage/usr/share/doc/cairn/examples
strict=(-std=c17 -Wall -Wextra -Wpedantic -Werror)
[ "$(wc -l <"$examples/random.c")" -le 42 ] || fail "random.c is no short example any more"
read -r -a flags <<<"$(pkg-config --cflags --libs cairn)"
gcc "${strict[@]}" -o "$stage/random" "$examples/random.c" "${flags[@]}"
export LD_LIBRARY_PATH=$stage/usr/lib
said=$("$stage/random") || fail "the example random.c failed"
[[ $said =~ ^512000\ steps,\ [1-9][0-9]{2,4}\ deaths,\ mean\ reward\ of\ an\ episode\ [12]\. ]] ||
    fail "random.c said: $said"
ldd "$stage/random" | grep -q 'libcairn\.so\.[0-9]' || fail "libcairn.so has no versioned soname"
read -r -a flags <<<"$(pkg-config --cflags --libs cairn libpng)"
gcc "${strict[@]}" -o "$stage/draw" "$examples/draw.c" "${flags[@]}"
(cd "$stage" && ./draw && [ -s world.png ] && [ -s night.png ]) || fail "the example draw.c does not draw its worlds"
unset LD_LIBRARY_PATH

# The static library needs nothing but what pkg-config names.
read -r -a flags <<<"$(pkg-config --cflags --static --libs-only-other cairn)"
read -r -a libraries <<<"$(pkg-config --static --libs zlib libpng) -lm -pthread"
gcc "${strict[@]}" -o "$stage/static" "$examples/random.c" "${flags[@]}" \
    "$stage/usr/lib/libcairn.a" "${libraries[@]}"
[ "$("$stage/static")" = "$said" ] || fail "linked to libcairn.a random.c says otherwise"

# Another project's C++ compiler takes the header, and the library says pkg-config's version.
cat >"$stage/version.cc" <<'END'
#include <cairn.h>
#include <cstdio>
int main() { return std::puts(cairn_version()) < 0; }
END
read -r -a flags <<<"$(pkg-config --cflags --libs cairn)"
g++ -Wall -Wextra -Werror -o "$stage/version" "$stage/version.cc" "${flags[@]}"
[ "$(LD_LIBRARY_PATH=$stage/usr/lib "$stage/version")" = "$version" ] ||
    fail "cairn_version() is not $version"

# The installed program stands alone: nothing of the source folder is needed.
(cd "$stage" && env -i PATH="$PATH" usr/bin/cairn --help >help.txt) ||
    fail "the installed cairn does not run"
[ "$("$stage/usr/bin/cairn" --version)" = "cairn $version" ] || fail "cairn is not of $version"

# The manual pages: clean, and they tell every option of every subcommand.
check_page() { # PROGRAM SUBCOMMAND...
    local program=$1 page=$stage/usr/share/man/man1/$1.1 command complaints option options words
    shift
    complaints=$(groff -man -ww -Tutf8 "$page" 2>&1 >"$stage/page.txt")
    [ -z "$complaints" ] || fail "groff about $program.1: $complaints"
    grep -q "Cairn $version" "$page" || fail "$program.1 does not tell version $version"
    for command in "$@"; do
        read -r -a words <<<"$command"
        grep -q "^\.SS ${program//-/\\\\-} $command" "$page" || fail "$program.1 has no section for $command"
        options=$("$stage/usr/bin/$program" "${words[@]}" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
        for option in $options; do
            [[ $option == --help || $option == --usage ]] || grep -qF -- "${option//-/\\-}" "$page" ||
                fail "$program.1 lacks $option of $command"
        done
    done
}
check_page cairn train eval report verify 'bench env' 'bench learn' info
if pkg-config --exists sdl2 SDL2_ttf; then # else it is not built
    check_page cairn-view replay watch play
fi

run_make uninstall PREFIX="$stage/usr"
left=$(find "$stage/usr" ! -type d)
[ -z "$left" ] || fail "uninstall left: $left"

# As packagers do it: the files lie below DESTDIR and know nothing of it.
run_make install DESTDIR="$stage/package" PREFIX=/usr LIBDIR=/usr/lib/multi
[ -f "$stage/package/usr/lib/multi/libcairn.so.$version" ] || fail "LIBDIR is not followed"
! grep -rqF "$stage" "$stage/package" || fail "an installed file names DESTDIR"
[ "$(PKG_CONFIG_PATH=$stage/package/usr/lib/multi/pkgconfig pkg-config --variable=libdir cairn)" = \
    /usr/lib/multi ] || fail "cairn.pc does not follow LIBDIR"
run_make uninstall DESTDIR="$stage/package" PREFIX=/usr LIBDIR=/usr/lib/multi
left=$(find "$stage/package" ! -type d)
[ -z "$left" ] || fail "uninstall left: $left"
