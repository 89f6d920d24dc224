// Writes an episode file for the scripts: episode FILE STEPS SEED agent|person
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/viz/episodes.h"

int main(int argc, char** argv) {
    char why[CAIRN_WHY] = "usage: episode FILE STEPS SEED agent|person";
    if (argc != 5 || episode_write(argv[1], atoll(argv[2]), atoll(argv[3]),
                                   strcmp(argv[4], "agent") == 0, why) != CAIRN_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    return 0;
}
