#!/bin/sh
# Prints a C file that holds the given font files as bytes: the table font_files of viz/text.h.
#
#     sh viz/fonts/embed.sh viz/fonts/*.otf > fonts.gen.c
set -eu
LC_ALL=C
export LC_ALL

if [ $# -eq 0 ] || [ ! -f "$1" ]; then
    echo "embed.sh: expected font files, found ${1:-nothing}" >&2
    exit 1
fi

echo '// Written by viz/fonts/embed.sh.'
echo '#include <stddef.h>'
echo '#include "viz/text.h"'
number=0
table=
for file in "$@"; do
    echo "static const uint8_t file_${number}[] = {"
    od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
    echo '};'
    table="$table    {\"${file##*/}\", file_$number, sizeof file_$number},
"
    number=$((number + 1))
done
echo 'const FontFile font_files[] = {'
printf '%s' "$table"
echo '    {NULL, NULL, 0},'
echo '};'
