# What the scripts that run the viewer share; to be sourced from the repository root.
# shellcheck shell=bash
. tests/runs/program.bash # check, expect, fail, finish
viewer=$(realpath -m "${CAIRN:-build/cairn}-view")
# shellcheck disable=SC2034
products=$(dirname "$viewer")
if [ ! -x "$viewer" ]; then
    echo "not tried: $viewer is not there, for want of SDL2"
    exit 77
fi
tools=$work/tools
mkdir -p "$tools"
read -r -a libraries <<<"$(pkg-config --libs zlib libpng)"
for tool in episode pictures; do
    gcc -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -I. -o "$tools/$tool" \
        "tests/viz/tools/$tool.c" tests/viz/episodes.c build/libcairn.a "${libraries[@]}" -lm \
        -pthread || exit 1
done

# Expectations are of the viewer from here on.
# shellcheck disable=SC2034
cairn=$viewer
unset DISPLAY WAYLAND_DISPLAY # nothing but what a script opens itself
export XDG_RUNTIME_DIR=$work
