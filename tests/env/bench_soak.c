// Plays for very long and looks at random moments whether every world is still in order and memory
// has stayed what it was.
//
//     bench_soak [STEPS]        a billion when not said
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "env/handle.h"
#include "tests/env/invariants.h"

enum { FAST_WORLDS = 1024, EXACT_WORLDS = 64, EXACT_EVERY = 4, THREADS = 2 };

typedef struct Soak {
    Cairn* worlds;
    int32_t count;
    uint8_t *tiles, *pixels;
    int64_t steps, checks, episodes;
} Soak;

static Soak begin(CairnMode mode, int32_t count) {
    CairnConfig config = cairn_default_config();
    config.mode = mode;
    config.world_count = count;
    config.threads = THREADS;
    config.seed = 2026;
    Soak soak = {.count = count, .tiles = malloc((size_t)count * 126)};
    soak.pixels = malloc((size_t)count * 64 * 64 * 3);
    char why[CAIRN_WHY] = "out of memory";
    if (!soak.tiles || !soak.pixels || cairn_create(&config, &soak.worlds, why) != CAIRN_OK) {
        fprintf(stderr, "bench_soak: %s\n", why);
        exit(1);
    }
    cairn_reset(soak.worlds, &(CairnOutput){.observation.tiles = soak.tiles});
    return soak;
}

static void play(Soak* soak, uint64_t* random) {
    int32_t action[FAST_WORLDS];
    uint8_t terminated[FAST_WORLDS];
    for (int32_t n = 0; n < soak->count; n++) {
        action[n] = (int32_t)((random_mix(5, (*random)++) >> 32) * CAIRN_ACTIONS >> 32);
    }
    const bool draws = random_mix(6, *random) % 32 == 0; // pictures now and then
    const CairnOutput output = {
        .observation = {.tiles = soak->tiles, .pixels = draws ? soak->pixels : NULL},
        .terminated = terminated};
    cairn_step(soak->worlds, action, &output);
    soak->steps += soak->count;
    for (int32_t n = 0; n < soak->count; n++) {
        soak->episodes += terminated[n];
    }
}

static void check(Soak* soak, uint64_t* random) {
    for (int32_t i = 0; i < soak->count / 16; i++) {
        const int32_t n = (int32_t)(random_mix(7, (*random)++) % (uint64_t)soak->count);
        const World* world = &soak->worlds->worlds[n];
        const char* broken = invariant_broken(world);
        if (broken) {
            printf("bench_soak: world %d, seed %" PRId64 ", episode %" PRIu64 ", step %" PRId64
                   ": %s\n",
                   n, world->seed, world->episode, world->step, broken);
            exit(1);
        }
        soak->checks++;
    }
}

static int64_t resident_bytes(void) {
    long pages = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1) { // NOLINT(cert-err34-c)
        pages = 0;
    }
    if (file) {
        fclose(file);
    }
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

int main(int argc, char** argv) {
    const double wanted = argc > 1 ? strtod(argv[1], NULL) : 1e9;
    if (argc > 2 || !(wanted >= 1e5 && wanted <= 1e13)) {
        fprintf(stderr, "usage: bench_soak [STEPS], 1e5 to 1e13\n");
        return 2;
    }
    Soak fast = begin(CAIRN_MODE_FAST, FAST_WORLDS), exact = begin(CAIRN_MODE_EXACT, EXACT_WORLDS);
    const time_t start = time(NULL);
    uint64_t random = 1;
    int64_t early = 0, told = 0;
    for (int64_t round = 0; (double)(fast.steps + exact.steps) < wanted; round++) {
        play(&fast, &random);
        if (round % EXACT_EVERY == 0) {
            play(&exact, &random);
        }
        if (random_mix(8, random) % 512 == 0) { // a random moment
            check(&fast, &random);
            check(&exact, &random);
        }
        const int64_t steps = fast.steps + exact.steps;
        if (early == 0 && (double)steps > wanted / 20 && steps > 2000000) {
            early = resident_bytes();
        }
        if (steps - told >= 100000000) {
            told = steps;
            printf("%" PRId64 " million steps, %ld s, %" PRId64 " MB\n", steps / 1000000,
                   (long)(time(NULL) - start), resident_bytes() >> 20);
            fflush(stdout);
        }
    }
    const int64_t late = resident_bytes();
    printf("{\"soak\": {\"steps_fast\": %" PRId64 ", \"steps_exact\": %" PRId64
           ", \"episodes\": %" PRId64 ", \"worlds_checked\": %" PRId64
           ", \"broken\": 0, \"seconds\": %ld, \"bytes_early\": %" PRId64
           ", \"bytes_late\": %" PRId64 "}}\n",
           fast.steps, exact.steps, fast.episodes + exact.episodes, fast.checks + exact.checks,
           (long)(time(NULL) - start), early, late);
    const bool flat = early == 0 || late - early <= 4 << 20;
    if (!flat) {
        printf("bench_soak: memory grew by %" PRId64 " bytes\n", late - early);
    }
    cairn_destroy(fast.worlds);
    cairn_destroy(exact.worlds);
    free(fast.tiles);
    free(fast.pixels);
    free(exact.tiles);
    free(exact.pixels);
    return flat ? 0 : 1;
}
