// The recall task: what an episode of it is.
#include "runs/recall.h"

void recall_draw(NetRandom* random, int32_t chunk_steps, RecallEpisode* episode) {
    int32_t keys[RECALL_KEYS], value_of[RECALL_KEYS], chunk_of[RECALL_KEYS], bound = 0;
    int32_t order[RECALL_MOST_CHUNK - 1];
    for (int32_t i = 0; i < RECALL_KEYS; i++) {
        keys[i] = i;
    }
    net_random_permute(random, RECALL_KEYS, keys);
    for (int32_t i = 0; i < RECALL_CHUNKS * chunk_steps; i++) {
        episode->type[i] = RECALL_NOISE;
        episode->key[i] = (int32_t)net_random_below(random, RECALL_KEYS);
        episode->value[i] = (int32_t)net_random_below(random, RECALL_VALUES);
        episode->answer[i] = -1;
        episode->age[i] = 0;
    }
    for (int32_t chunk = 0; chunk < RECALL_CHUNKS; chunk++) {
        int32_t start = chunk * chunk_steps, ask = start + chunk_steps - 1;
        for (int32_t i = 0; i < chunk_steps - 1; i++) {
            order[i] = i;
        }
        net_random_permute(random, chunk_steps - 1, order);
        for (int32_t i = 0; i < RECALL_BINDINGS; i++, bound++) {
            episode->type[start + order[i]] = RECALL_BIND;
            episode->key[start + order[i]] = keys[bound];
            value_of[bound] = episode->value[start + order[i]];
            chunk_of[bound] = chunk;
        }
        int32_t asked = (int32_t)net_random_below(random, (uint32_t)bound);
        episode->type[ask] = RECALL_ASK;
        episode->key[ask] = keys[asked];
        episode->value[ask] = RECALL_VALUES; // none
        episode->answer[ask] = value_of[asked];
        episode->age[ask] = chunk - chunk_of[asked];
    }
}
