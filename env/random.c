// MT19937 as NumPy's legacy RandomState seeds and reads it, and CPython's tuple hash.
#include "env/random.h"

#include <assert.h>
#include <string.h>

enum { TWIST_OFFSET = 397 };

// ---------------------------------------------------------------- episode seeds
static uint64_t integer_hash(uint64_t magnitude, bool negative) {
    const uint64_t prime = (UINT64_C(1) << 61) - 1;
    uint64_t hash = magnitude % prime;
    if (!negative) {
        return hash;
    }
    return hash == 1 ? (uint64_t)-2 : (uint64_t)0 - hash; // -1 means an error in CPython
}

int64_t random_tuple_hash(int64_t seed, uint64_t episode) {
    const uint64_t prime_1 = UINT64_C(11400714785074694791);
    const uint64_t prime_2 = UINT64_C(14029467366897019727);
    const uint64_t prime_5 = UINT64_C(2870177450012600261);
    uint64_t magnitude = seed < 0 ? (uint64_t)0 - (uint64_t)seed : (uint64_t)seed;
    const uint64_t lane[2] = {integer_hash(magnitude, seed < 0), integer_hash(episode, false)};
    uint64_t hash = prime_5;
    for (int i = 0; i < 2; i++) {
        hash += lane[i] * prime_2;
        hash = hash << 31 | hash >> 33;
        hash *= prime_1;
    }
    hash += 2 ^ (prime_5 ^ 3527539);
    return hash == UINT64_MAX ? 1546275796 : (int64_t)hash;
}

uint32_t random_episode_seed(int64_t seed, uint64_t episode) {
    const int64_t modulus = INT64_C(2147483647);
    int64_t remainder = random_tuple_hash(seed, episode) % modulus;
    return (uint32_t)(remainder < 0 ? remainder + modulus : remainder);
}

// ---------------------------------------------------------------- MT19937
static inline uint32_t twist(uint32_t upper, uint32_t lower, uint32_t far) {
    uint32_t word = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return far ^ word >> 1 ^ ((0u - (word & 1u)) & 0x9908b0dfu);
}

static void next_state(uint32_t* state) {
    const int first = GENERATOR_STATE - TWIST_OFFSET;
    for (int i = 0; i < first; i++) {
        state[i] = twist(state[i], state[i + 1], state[i + TWIST_OFFSET]);
    }
    for (int i = first; i < GENERATOR_STATE - 1; i++) {
        state[i] = twist(state[i], state[i + 1], state[i - first]);
    }
    state[GENERATOR_STATE - 1] =
        twist(state[GENERATOR_STATE - 1], state[0], state[TWIST_OFFSET - 1]);
}

static void temper(const uint32_t* restrict state, uint32_t* restrict output) {
    for (int i = 0; i < GENERATOR_STATE; i++) {
        uint32_t word = state[i];
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c5680u;
        word ^= word << 15 & 0xefc60000u;
        output[i] = word ^ word >> 18;
    }
}

void random_seed(Generator* generator, uint32_t seed) {
    uint32_t word = seed;
    generator->state[0] = word;
    for (uint32_t i = 1; i < GENERATOR_STATE; i++) {
        word = 1812433253u * (word ^ word >> 30) + i;
        generator->state[i] = word;
    }
    generator->position = GENERATOR_STATE;
}

void random_refill(Generator* generator) {
    next_state(generator->state);
    temper(generator->state, generator->output);
    generator->position = 0;
}

void random_set(Generator* generator, const uint32_t state[GENERATOR_STATE], int32_t position) {
    assert(position >= 0 && position <= GENERATOR_STATE);
    memmove(generator->state, state, sizeof generator->state);
    temper(generator->state, generator->output);
    generator->position = position;
}

void random_skip(Generator* generator, int32_t count) {
    int32_t position = generator->position + count;
    bool moved = position > GENERATOR_STATE;
    while (position > GENERATOR_STATE) {
        next_state(generator->state);
        position -= GENERATOR_STATE;
    }
    if (moved) {
        temper(generator->state, generator->output);
    }
    generator->position = position;
}

uint32_t random_below(Generator* generator, uint32_t bound) {
    assert(bound >= 1);
    uint32_t largest = bound - 1;
    if (largest == 0) {
        return 0;
    }
    uint32_t mask = UINT32_MAX >> __builtin_clz(largest);
    uint32_t value;
    do {
        value = random_bits(generator) & mask;
    } while (value > largest);
    return value;
}
