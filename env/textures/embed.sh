#!/bin/sh
# Prints a C file that holds the given PNG files as bytes: the table env_texture_files of
# env/textures.h. Same files, same output, whatever the locale or the order of the arguments.
#
#     sh env/textures/embed.sh env/textures/*.png > textures.gen.c
set -eu
LC_ALL=C
export LC_ALL

if [ $# -eq 0 ] || [ ! -f "$1" ]; then
    echo "embed.sh: expected PNG files, found ${1:-nothing}" >&2
    exit 1
fi

echo '// Written by env/textures/embed.sh.'
echo '#include "env/textures.h"'
echo
files=$(printf '%s\n' "$@" | sort)
number=0
table=
IFS='
'
for file in $files; do
    echo "static const uint8_t file_${number}[] = {"
    od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
    echo '};'
    table="$table    {\"${file##*/}\", file_$number, sizeof file_$number},
"
    number=$((number + 1))
done
echo 'const EnvTextureFile env_texture_files[] = {'
printf '%s' "$table"
echo '    {NULL, NULL, 0},'
echo '};'
