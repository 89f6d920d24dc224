// Steps 1,024 worlds with random actions.
//
//     cc random.c $(pkg-config --cflags --libs cairn) -o random
#include <cairn.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORLDS = 1024, STEPS = 500 };
static uint8_t tiles[WORLDS][7][9][2]; // what an agent sees: material and object of each cell
static double reward[WORLDS];
static uint8_t terminated[WORLDS];

int main(void) {
    CairnConfig config = cairn_default_config();
    config.mode = CAIRN_MODE_FAST;
    config.world_count = WORLDS;
    config.threads = 2;
    Cairn* worlds = NULL;
    char why[CAIRN_WHY];
    if (cairn_create(&config, &worlds, why) != CAIRN_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    const CairnOutput output = {
        .observation.tiles = tiles[0][0][0], .reward = reward, .terminated = terminated};
    cairn_reset(worlds, &output);
    double sum = 0, deaths = 0;
    for (int step = 0; step < STEPS; step++) {
        int32_t action[WORLDS];
        for (int n = 0; n < WORLDS; n++) {
            action[n] = rand() % CAIRN_ACTIONS;
        }
        cairn_step(worlds, action, &output); // a world that ends begins anew
        for (int n = 0; n < WORLDS; n++) {
            sum += reward[n], deaths += terminated[n];
        }
    }
    printf("%d steps, %g deaths, mean reward of an episode %.2f\n", WORLDS * STEPS, deaths,
           sum / deaths);
    cairn_destroy(worlds);
    return 0;
}
