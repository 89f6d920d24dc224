#!/bin/sh
# Prints a C file that holds the given presets: the table config_presets of runs/config.h. Same
# files, same output, whatever the locale or the order of the arguments.
#
#     sh runs/presets/embed.sh runs/presets/*.ini > presets.gen.c
set -eu
LC_ALL=C
export LC_ALL

if [ $# -eq 0 ] || [ ! -f "$1" ]; then
    echo "embed.sh: expected INI files, found ${1:-nothing}" >&2
    exit 1
fi

echo '// Written by runs/presets/embed.sh.'
echo '#include "runs/config.h"'
echo
files=$(printf '%s\n' "$@" | sort)
number=0
table=
IFS='
'
for file in $files; do
    name=${file##*/}
    echo "static const char text_${number}[] = {"
    od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
    echo '0};'
    table="$table    {\"${name%.ini}\", text_$number},
"
    number=$((number + 1))
done
echo 'const ConfigPreset config_presets[] = {'
printf '%s' "$table"
echo '};'
echo "const size_t config_preset_count = $number;"
