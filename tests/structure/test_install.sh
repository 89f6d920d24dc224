#!/usr/bin/env bash
# Installs into a folder of its own, builds a program against that alone with pkg-config, linked
# both ways, and removes everything again.
set -eu
cd "$(dirname "$0")/../.."
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
fail() {
    echo "$*"
    exit 1
}
export MAKEFLAGS=
make --no-print-directory install PREFIX="$stage/usr" >"$stage/log" 2>&1 ||
    fail "make install failed: $(cat "$stage/log")"

cat >"$stage/embed.c" <<'END'
#include <cairn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
    static unsigned char pixels[2 * 64 * 64 * 3];
    double reward[2];
    const int32_t action[2] = {CAIRN_MOVE_LEFT, CAIRN_DO};
    CairnConfig config = cairn_default_config();
    config.world_count = 2;
    Cairn* worlds = NULL;
    char why[CAIRN_WHY];
    if (cairn_create(&config, &worlds, why) != CAIRN_OK) {
        return puts(why), 1;
    }
    CairnOutput output = {.observation.pixels = pixels, .reward = reward};
    cairn_reset(worlds, &output);
    cairn_step(worlds, action, &output);
    cairn_destroy(worlds);
    unsigned long sum = 0;
    for (size_t i = 0; i < sizeof pixels; i++) {
        sum += pixels[i];
    }
    return sum > 0 && argc == 2 && !strcmp(argv[1], cairn_version()) ? 0 : 2;
}
END
export PKG_CONFIG_PATH=$stage/usr/lib/pkgconfig
version=$(pkg-config --modversion cairn)
read -r -a flags <<<"$(pkg-config --cflags --libs cairn)"
gcc -std=c17 -o "$stage/shared" "$stage/embed.c" "${flags[@]}"
LD_LIBRARY_PATH=$stage/usr/lib "$stage/shared" "$version" ||
    fail "the program linked to libcairn.so failed, or cairn_version() is not $version"
ldd "$stage/shared" | grep -q 'libcairn\.so\.[0-9]' || fail "libcairn.so has no versioned soname"

read -r -a flags <<<"$(pkg-config --cflags --static --libs-only-other cairn)"
read -r -a libraries <<<"$(pkg-config --static --libs zlib libpng) -lm -pthread"
gcc -std=c17 -o "$stage/static" "$stage/embed.c" "${flags[@]}" "$stage/usr/lib/libcairn.a" \
    "${libraries[@]}"
"$stage/static" "$version" || fail "the program linked to libcairn.a failed"

# The README's example works as it stands there.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$stage/draw.c"
read -r -a flags <<<"$(pkg-config --cflags --libs cairn libpng)"
gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -o "$stage/draw" "$stage/draw.c" "${flags[@]}"
(cd "$stage" && LD_LIBRARY_PATH=usr/lib ./draw && [ -s world.png ]) ||
    fail "the README's example does not draw a world"

# The installed program stands alone: nothing of the source folder is needed.
(cd "$stage" && env -i PATH="$PATH" usr/bin/cairn --help >help.txt) ||
    fail "the installed cairn does not run"

make --no-print-directory uninstall PREFIX="$stage/usr" >"$stage/log" 2>&1 ||
    fail "make uninstall failed: $(cat "$stage/log")"
left=$(find "$stage/usr" ! -type d)
[ -z "$left" ] || fail "uninstall left: $left"
