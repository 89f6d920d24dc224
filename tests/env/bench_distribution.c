// Is mode fast mode exact in distribution, and is either the original? The long form of
// test_distribution.c: exits with 1 when anything differs.
//
//     bench_distribution [EPISODES]
#include <stdio.h>
#include <stdlib.h>

#include "tests/env/distribution.h"

int main(int argc, char** argv) {
    const long episodes = argc > 1 ? strtol(argv[1], NULL, 10) : 30000;
    if (argc > 2 || episodes < 100 || episodes > 10000000) {
        fprintf(stderr, "usage: bench_distribution [EPISODES], 100 to 10000000\n");
        return 2;
    }
    Distribution exact = distribution_play(CAIRN_MODE_EXACT, (int32_t)episodes, 11);
    Distribution fast = distribution_play(CAIRN_MODE_FAST, (int32_t)episodes, 12);
    int32_t different = distribution_compare(&exact, &fast, true);
    different += distribution_compare_published(&exact, true);
    different += distribution_compare_published(&fast, true);
    distribution_free(&exact);
    distribution_free(&fast);
    return different == 0 ? 0 : 1;
}
