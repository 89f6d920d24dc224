// Times the C port of Craftax-Classic (github.com/Infatoshi/craftax.cu, craftax_classic.c), which
// tests/bench/craftax.sh compiles together with this: fresh random actions in every step, resets
// and compact observations included, as `cairn bench env` does. Prints one JSON line.
//
//     craftax WORLDS THREADS SECONDS
#include <stdio.h>

#ifndef CRAFTAX
int main(void) {
    fputs("compiled by tests/bench/craftax.sh, with the port\n", stderr);
    return 2;
}
#else
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include CRAFTAX

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char** argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: craftax WORLDS THREADS SECONDS\n");
        return 2;
    }
    const int worlds = atoi(argv[1]), threads = atoi(argv[2]);
    const double limit = atof(argv[3]);
    omp_set_num_threads(threads);
    const size_t count = (size_t)worlds;
    EnvState* state = calloc(count, sizeof *state);
    uint8_t* seen = calloc(count, OBS_DIM_COMPACT);
    float* reward = calloc(count, sizeof *reward);
    int8_t* done = calloc(count, 1);
    int32_t* action = calloc(count, sizeof *action);
    uint64_t draws = 88172645463325252u;
    uint64_t step = 0, episodes = 0, first = 0;
    double begin = 0, processor = 0;
    craftax_reset_batch_compact(state, seen, worlds, 42);
    for (;; step++) {
        if (step == 600) { // by then worlds are of all ages
            first = step, episodes = 0;
            begin = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
        }
        if (step > 600 && step % 64 == 0 && seconds(CLOCK_MONOTONIC) - begin >= limit) {
            break;
        }
        for (int i = 0; i < worlds; i++) { // xorshift64
            draws ^= draws << 13, draws ^= draws >> 7, draws ^= draws << 17;
            action[i] = (int32_t)((draws >> 32) * NUM_ACTIONS >> 32);
        }
        craftax_step_batch_compact(state, action, seen, reward, done, worlds, 1000 + step);
        for (int i = 0; i < worlds; i++) {
            episodes += done[i] != 0;
        }
    }
    const double taken = seconds(CLOCK_MONOTONIC) - begin;
    const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
    const double steps = (double)(step - first) * worlds;
    printf(
        "{\"bench\": \"craftax_classic\", \"worlds\": %d, \"threads\": %d, \"steps_per_s\": %.0f, "
        "\"steps_per_processor_s\": %.0f, \"episode_length\": %.1f}\n",
        worlds, threads, steps / taken, steps / used, steps / (double)episodes);
    free(state), free(seen), free(reward), free(done), free(action);
    return 0;
}
#endif
