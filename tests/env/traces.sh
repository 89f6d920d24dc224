#!/usr/bin/env bash
# Replays the golden traces, and the suites of the world, in programs by two compilers at two levels
# of optimisation, each with all instruction sets, without AVX-512 and without AVX2. Says how many
# steps and mismatches; exits 1 at the first mismatch. Takes several minutes.
#
#     tests/env/traces.sh
set -eu
cd "$(dirname "$0")/../.."
traces=(tests/goldens/*.tsv.gz)
for compiler in gcc clang; do
    for level in -O2 -O3; do
        for isas in "base avx2 avx512" "base avx2" "base"; do
            flags="$level -g"
            mkdir -p build/traces
            folder=build/traces/$compiler$level-${isas// /-}
            make --no-print-directory -s CC=$compiler O="$folder" PRODUCTS="$folder" \
                ENV_ISAS="$isas" CFLAGS_release="$flags" "$folder/cairn" \
                "$folder/tests/env/test_vector" "$folder/tests/env/test_worldgen" \
                "$folder/tests/env/test_terrain" "$folder/tests/env/test_render" \
                >"$folder.log" 2>&1 || {
                tail -n 40 "$folder.log"
                exit 1
            }
            printf '%s %s, %s: ' "$compiler" "$level" "$isas"
            "$folder/cairn" verify "${traces[@]}" | tail -n 1
            for test in vector worldgen terrain render; do # 1 to 8 threads in the first
                CK_TIMEOUT_MULTIPLIER=20 "$folder/tests/env/test_$test" >"$folder/log" || {
                    cat "$folder/log"
                    exit 1
                }
            done
        done
    done
done
