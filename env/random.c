// MT19937 as NumPy's legacy RandomState seeds and reads it, CPython's tuple hash, and the counter.
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
void mersenne_seed(Mersenne* mersenne, uint32_t seed) {
    uint32_t word = seed;
    mersenne->state[0] = word;
    for (uint32_t i = 1; i < GENERATOR_STATE; i++) {
        word = 1812433253u * (word ^ word >> 30) + i;
        mersenne->state[i] = word;
    }
    mersenne->position = GENERATOR_STATE;
}

void mersenne_refill(Mersenne* mersenne) {
    const EnvKernels* kernels = env_kernels();
    kernels->twist(mersenne->state);
    kernels->temper(mersenne->state, mersenne->output);
    mersenne->position = 0;
}

void mersenne_set(Mersenne* mersenne, const uint32_t state[GENERATOR_STATE], int32_t position) {
    assert(position >= 0 && position <= GENERATOR_STATE);
    memmove(mersenne->state, state, sizeof mersenne->state);
    env_kernels()->temper(mersenne->state, mersenne->output);
    mersenne->position = position;
}

void mersenne_skip(Mersenne* mersenne, int32_t count) {
    const EnvKernels* kernels = env_kernels();
    int32_t position = mersenne->position + count;
    bool moved = position > GENERATOR_STATE;
    while (position > GENERATOR_STATE) {
        kernels->twist(mersenne->state);
        position -= GENERATOR_STATE;
    }
    if (moved) {
        kernels->temper(mersenne->state, mersenne->output);
    }
    mersenne->position = position;
}

// ---------------------------------------------------------------- either
void random_begin(Generator* generator, int64_t seed, uint64_t episode) {
    if (generator->mersenne) {
        mersenne_seed(generator->mersenne, random_episode_seed(seed, episode));
        return;
    }
    generator->key = random_mix(random_mix((uint64_t)seed, 0), episode);
    generator->counter = 0;
}

Generator random_branch(const Generator* generator, RandomPurpose purpose, uint64_t moment) {
    assert(!generator->mersenne);
    return (Generator){.key = random_mix(random_mix(generator->key, ~(uint64_t)purpose), moment)};
}

uint32_t random_below(Generator* generator, uint32_t bound) {
    assert(bound >= 1);
    uint32_t largest = bound - 1;
    if (largest == 0) {
        return 0;
    }
    if (!generator->mersenne) { // no value is more likely than another by more than 2^-32
        return (uint32_t)((random_mix(generator->key, generator->counter++) >> 32) * bound >> 32);
    }
    uint32_t mask = UINT32_MAX >> __builtin_clz(largest);
    uint32_t value;
    do {
        value = mersenne_bits(generator->mersenne) & mask;
    } while (value > largest);
    return value;
}

static void mersenne_uniforms(Mersenne* mersenne, int32_t count, double low, double high,
                              double* value) {
    const EnvKernels* kernels = env_kernels();
    while (count > 0) {
        int32_t whole = (GENERATOR_STATE - mersenne->position) / 2;
        int32_t now = whole < count ? whole : count;
        if (now > 0) {
            kernels->uniforms(mersenne->output + mersenne->position, now, low, high - low, value);
            mersenne->position += 2 * now;
        } else { // the pair lies across two blocks
            *value = low + (high - low) * random_uniform(&(Generator){.mersenne = mersenne});
            now = 1;
        }
        value += now;
        count -= now;
    }
}

void random_uniforms(Generator* generator, int32_t count, double low, double high, double* value) {
    if (generator->mersenne) {
        mersenne_uniforms(generator->mersenne, count, low, high, value);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        value[i] = low + (high - low) * random_uniform(generator);
    }
}
