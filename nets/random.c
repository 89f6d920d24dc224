// Counter-based random numbers: output i of a stream is a hash of (key, i), so that a checkpoint
// needs two words and any point can be reached. The mix is the finaliser of SplitMix64 (Steele,
// Lea and Flood 2014), applied twice so that neighbouring keys do not share structure.
#include <assert.h>
#include <math.h>

#include "nets/nets.h"

static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

NetRandom net_random(uint64_t seed, uint64_t stream) {
    return (NetRandom){.key = mix(mix(seed + 0x9e3779b97f4a7c15) ^ (stream * 0xd1342543de82ef95))};
}

uint64_t net_random_bits(NetRandom* random) {
    return mix(mix(random->key + 0x9e3779b97f4a7c15 * ++random->counter) ^ random->key);
}

double net_random_uniform(NetRandom* random) {
    return (double)(net_random_bits(random) >> 11) * 0x1p-53;
}

double net_random_normal(NetRandom* random) { // Box and Muller; one of the pair, to stay stateless
    double radius = sqrt(-2 * log(1 - net_random_uniform(random)));
    return radius * cos(6.283185307179586 * net_random_uniform(random));
}

uint32_t net_random_below(NetRandom* random, uint32_t bound) { // Lemire 2019
    assert(bound > 0);
    for (;;) {
        uint64_t product = (net_random_bits(random) >> 32) * bound;
        if ((uint32_t)product >= -bound % bound) {
            return (uint32_t)(product >> 32);
        }
    }
}

void net_random_permute(NetRandom* random, size_t count, int32_t* index) {
    assert(count <= UINT32_MAX);
    for (size_t i = count; i > 1; i--) {
        uint32_t other = net_random_below(random, (uint32_t)i);
        int32_t kept = index[i - 1];
        index[i - 1] = index[other];
        index[other] = kept;
    }
}
