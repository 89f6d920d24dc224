// The random numbers of the original: CPython's hash of (seed, episode) seeds NumPy's MT19937.
// Internal to env/.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { GENERATOR_STATE = 624 };

// MT19937. output is a function of state: the state's 624 outputs, made at once.
typedef struct Generator {
    uint32_t state[GENERATOR_STATE];
    uint32_t output[GENERATOR_STATE];
    int32_t position; // next output, 624 = a new block is due
} Generator;

// hash((seed, episode)) mod 2^31 - 1: the generator's seed of an episode.
int64_t random_tuple_hash(int64_t seed, uint64_t episode);
uint32_t random_episode_seed(int64_t seed, uint64_t episode);

void random_seed(Generator* generator, uint32_t seed);
void random_refill(Generator* generator); // the next block; position becomes 0
void random_set(Generator* generator, const uint32_t state[GENERATOR_STATE], int32_t position);
void random_skip(Generator* generator, int32_t count); // count 32-bit outputs

static inline uint32_t random_bits(Generator* generator) {
    if (generator->position == GENERATOR_STATE) {
        random_refill(generator);
    }
    return generator->output[generator->position++];
}

// [0, 1), 53 bits; two outputs.
static inline double random_uniform(Generator* generator) {
    uint32_t a = random_bits(generator) >> 5;
    uint32_t b = random_bits(generator) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

// Uniform in [0, bound), bound >= 1. Draws nothing for bound 1, else one output per attempt.
uint32_t random_below(Generator* generator, uint32_t bound);

// value[i] = low + (high - low) * random_uniform, for i in [0, count).
void random_uniforms(Generator* generator, int32_t count, double low, double high, double* value);
