#!/usr/bin/env bash
# Times mode fast with tiles beside the C port of Craftax-Classic, in turn, on one thread and on two;
# prints both programs' JSON lines, then the median of the ratios of steps/s.
#
#     tests/bench/craftax.sh craftax_classic.c [WORLDS [PAIRS [SECONDS]]]
#
# craftax_classic.c is that of github.com/Infatoshi/craftax.cu; it is compiled as its Makefile does.
set -eu
port=$(realpath "${1:?give the path of craftax_classic.c}")
worlds=${2:-1024} pairs=${3:-5} seconds=${4:-3}
cd "$(dirname "$0")/../.."
mkdir -p build/bench
# Its own warnings are its authors' affair.
cc -w -D_GNU_SOURCE -O3 -march=native -mtune=native -ffast-math -funroll-loops -fopenmp -DCRAFTAX="\"$port\"" \
    tests/bench/craftax.c -o build/bench/craftax -lpthread -lm
for threads in 1 2; do
    ratios=
    for ((i = 0; i < pairs; i++)); do
        theirs=$(build/bench/craftax "$worlds" $threads "$seconds")
        ours=$(build/cairn bench env --mode fast --observation tiles --worlds "$worlds" \
            --threads $threads --repeats 1 --seconds "$seconds")
        printf '%s\n%s\n' "$theirs" "$ours"
        ratios+="$(printf '%s\n%s\n' "$theirs" "$ours" |
            sed -n 's/.*"steps_per_s": \([0-9.e+]*\).*/\1/p' | paste -sd' ' |
            awk '{print $2 / $1}')"$'\n'
    done
    printf '%d threads: Cairn / Craftax port, median of %d ratios: %s\n' "$threads" "$pairs" \
        "$(printf '%s' "$ratios" | sort -g | awk '{r[NR] = $1} END {print (r[int((NR + 1) / 2)] + r[int(NR / 2) + 1]) / 2}')"
done
