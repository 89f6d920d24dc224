// MT19937 as NumPy's legacy RandomState seeds and reads it, and CPython's tuple hash.
#include "env/random.h"

#include <assert.h>
#include <string.h>

#include "env/kernels.h"

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
    const EnvKernels* kernels = env_kernels();
    kernels->twist(generator->state);
    kernels->temper(generator->state, generator->output);
    generator->position = 0;
}

void random_set(Generator* generator, const uint32_t state[GENERATOR_STATE], int32_t position) {
    assert(position >= 0 && position <= GENERATOR_STATE);
    memmove(generator->state, state, sizeof generator->state);
    env_kernels()->temper(generator->state, generator->output);
    generator->position = position;
}

void random_skip(Generator* generator, int32_t count) {
    const EnvKernels* kernels = env_kernels();
    int32_t position = generator->position + count;
    bool moved = position > GENERATOR_STATE;
    while (position > GENERATOR_STATE) {
        kernels->twist(generator->state);
        position -= GENERATOR_STATE;
    }
    if (moved) {
        kernels->temper(generator->state, generator->output);
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

void random_uniforms(Generator* generator, int32_t count, double low, double high, double* value) {
    const EnvKernels* kernels = env_kernels();
    while (count > 0) {
        int32_t whole = (GENERATOR_STATE - generator->position) / 2;
        int32_t now = whole < count ? whole : count;
        if (now > 0) {
            kernels->uniforms(generator->output + generator->position, now, low, high - low, value);
            generator->position += 2 * now;
        } else { // the pair lies across two blocks
            *value = low + (high - low) * random_uniform(generator);
            now = 1;
        }
        value += now;
        count -= now;
    }
}
