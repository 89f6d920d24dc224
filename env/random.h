// Random numbers of a world. In mode exact, those of the original: CPython's hash of (seed,
// episode) seeds NumPy's MT19937. In mode fast, a counter and a mixing function. Internal to env/.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { GENERATOR_STATE = 624 };

// MT19937. output is a function of state: the state's 624 outputs, made at once.
typedef struct Mersenne {
    uint32_t state[GENERATOR_STATE];
    uint32_t output[GENERATOR_STATE];
    int32_t position; // next output, 624 = a new block is due
} Mersenne;

// hash((seed, episode)) mod 2^31 - 1: the generator's seed of an episode.
int64_t random_tuple_hash(int64_t seed, uint64_t episode);
uint32_t random_episode_seed(int64_t seed, uint64_t episode);

void mersenne_seed(Mersenne* mersenne, uint32_t seed);
void mersenne_refill(Mersenne* mersenne); // the next block; position becomes 0
void mersenne_set(Mersenne* mersenne, const uint32_t state[GENERATOR_STATE], int32_t position);
void mersenne_skip(Mersenne* mersenne, int32_t count); // count 32-bit outputs

static inline uint32_t mersenne_bits(Mersenne* mersenne) {
    if (mersenne->position == GENERATOR_STATE) {
        mersenne_refill(mersenne);
    }
    return mersenne->output[mersenne->position++];
}

// One interface to both, so that there is one rule code.
typedef struct Generator {
    Mersenne* mersenne;    // borrowed; NULL: draw n is random_mix of key and n
    uint64_t key, counter; // counter: draws so far
} Generator;

// Of the numbers that the counter's mode draws, each has a place: number n of the stream `key`.
static inline uint64_t random_mix(uint64_t key, uint64_t n) { // splitmix64
    uint64_t bits = key + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

// Begins an episode's stream; exact when the generator has a Mersenne, else by the counter.
void random_begin(Generator* generator, int64_t seed, uint64_t episode);
typedef enum RandomPurpose { RANDOM_NIGHT = 1, RANDOM_BALANCE } RandomPurpose;
// A stream of its own for one purpose of one moment, apart from the episode's. Counter only.
Generator random_branch(const Generator* generator, RandomPurpose purpose, uint64_t moment);

// [0, 1), 53 bits. Exact: two outputs.
static inline double random_uniform(Generator* generator) {
    Mersenne* mersenne = generator->mersenne;
    if (!mersenne) {
        return (double)(random_mix(generator->key, generator->counter++) >> 11) * 0x1p-53;
    }
    uint32_t a = mersenne_bits(mersenne) >> 5;
    uint32_t b = mersenne_bits(mersenne) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

// Uniform in [0, bound), bound >= 1. Draws nothing for bound 1. Exact: one output per attempt.
uint32_t random_below(Generator* generator, uint32_t bound);

// value[i] = low + (high - low) * random_uniform, for i in [0, count).
void random_uniforms(Generator* generator, int32_t count, double low, double high, double* value);
