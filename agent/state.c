// What a trainer is at the beginning of an iteration, as bytes: counters, learned numbers, random
// streams, worlds. Serves checkpoints and the way back from an iteration that was stopped.
//
// The observations to act on next are kept as they are: at night a world draws its picture's noise
// from its generator, so that drawing the picture again would give another one.
#include <stdio.h>
#include <string.h>

#include "agent/pack.h"
#include "agent/state.h"
#include "agent/trainer.h"

static void put_random(PackWriter* writer, const NetRandom* random) {
    pack_put_u64(writer, random->key);
    pack_put_u64(writer, random->counter);
}

static NetRandom get_random(PackReader* reader) {
    uint64_t key = pack_get_u64(reader);
    return (NetRandom){.key = key, .counter = pack_get_u64(reader)};
}

void learned_put(PackWriter* writer, const AgentProgress* progress, const ValueNorm* norm,
                 const NetReal* weights, size_t count) {
    pack_put_u64(writer, (uint64_t)progress->iterations);
    pack_put_u64(writer, (uint64_t)progress->env_steps);
    pack_put_u64(writer, (uint64_t)progress->updates);
    pack_put_u64(writer, (uint64_t)progress->episodes);
    pack_put_double(writer, norm->mean);
    pack_put_double(writer, norm->mean_square);
    pack_put_double(writer, norm->debias);
    pack_put(writer, weights, count * sizeof *weights);
}

void learned_get(PackReader* reader, AgentProgress* progress, ValueNorm* norm, NetReal* weights,
                 size_t count) {
    progress->iterations = (int64_t)pack_get_u64(reader);
    progress->env_steps = (int64_t)pack_get_u64(reader);
    progress->updates = (int64_t)pack_get_u64(reader);
    progress->episodes = (int64_t)pack_get_u64(reader);
    norm->mean = pack_get_double(reader);
    norm->mean_square = pack_get_double(reader);
    norm->debias = pack_get_double(reader);
    if (weights) {
        pack_get(reader, weights, count * sizeof *weights);
    } else {
        pack_skip(reader, count * sizeof *weights);
    }
}

static uint8_t* next_pixels(const AgentTrainer* trainer) { // [N, AGENT_PIXELS]
    const AgentConfig* config = &trainer->config;
    return trainer->rollout.pixels +
           (size_t)config->rollout_steps * (size_t)config->worlds * AGENT_PIXELS;
}

size_t trainer_state_limit(const AgentTrainer* trainer) {
    enum { COUNTERS = 128, WORLD_FIELDS = 64 };
    return COUNTERS + 3 * trainer->weight_count * sizeof(NetReal) +
           (size_t)trainer->config.worlds *
               (WORLD_FIELDS + cairn_state_limit(trainer->worlds) + AGENT_PIXELS);
}

static bool put_world(const AgentTrainer* trainer, int32_t world, PackWriter* writer,
                      char why[AGENT_WHY]) {
    const WorldRun* run = &trainer->run[world];
    put_random(writer, &run->random);
    pack_put_double(writer, run->reward);
    pack_put_u64(writer, (uint64_t)run->length);
    pack_put_u64(writer, run->unlocked);
    size_t place = writer->used, used = 0;
    pack_put_u64(writer, 0);
    if (!pack_fit(writer)) {
        snprintf(why, AGENT_WHY, "no room for the state of world %d", world);
        return false;
    }
    if (cairn_save_world(trainer->worlds, world, writer->bytes + writer->used,
                         writer->size - writer->used, &used, why) != CAIRN_OK) {
        return false;
    }
    uint64_t size = used;
    memcpy(writer->bytes + place, &size, sizeof size);
    writer->used += used;
    return true;
}

size_t trainer_state_save(const AgentTrainer* trainer, void* bytes, size_t size,
                          char why[AGENT_WHY]) {
    PackWriter writer = {.bytes = bytes, .size = size};
    size_t moments = trainer->weight_count * sizeof(NetReal);
    learned_put(&writer, &trainer->progress, &trainer->norm, trainer->weights,
                trainer->weight_count);
    pack_put_u64(&writer, trainer->adam.updates);
    pack_put(&writer, trainer->adam.mean, moments);
    pack_put(&writer, trainer->adam.square, moments);
    put_random(&writer, &trainer->order);
    for (int32_t world = 0; world < trainer->config.worlds; world++) {
        if (!put_world(trainer, world, &writer, why)) {
            return 0;
        }
    }
    pack_put(&writer, next_pixels(trainer), (size_t)trainer->config.worlds * AGENT_PIXELS);
    if (!pack_fit(&writer)) {
        snprintf(why, AGENT_WHY, "no room for the state: %zu bytes of %zu", writer.used, size);
        return 0;
    }
    return writer.used;
}

static AgentStatus get_world(AgentTrainer* trainer, int32_t world, PackReader* reader,
                             char why[AGENT_WHY]) {
    WorldRun* run = &trainer->run[world];
    run->random = get_random(reader);
    run->reward = pack_get_double(reader);
    uint64_t length = pack_get_u64(reader), unlocked = pack_get_u64(reader);
    size_t size = pack_get_u64(reader);
    const void* bytes = pack_skip(reader, size);
    if (!bytes || length > INT32_MAX || unlocked >> CAIRN_ACHIEVEMENTS) {
        snprintf(why, AGENT_WHY, "the fields of world %d are out of range", world);
        return AGENT_BAD_DATA;
    }
    run->length = (int32_t)length;
    run->unlocked = (uint32_t)unlocked;
    if (cairn_load_world(trainer->worlds, world, bytes, size, why) != CAIRN_OK) {
        return AGENT_BAD_DATA;
    }
    return AGENT_OK;
}

AgentStatus trainer_state_load(AgentTrainer* trainer, const void* bytes, size_t size,
                               char why[AGENT_WHY]) {
    PackReader reader = {.bytes = bytes, .size = size};
    size_t moments = trainer->weight_count * sizeof(NetReal);
    learned_get(&reader, &trainer->progress, &trainer->norm, trainer->weights,
                trainer->weight_count);
    trainer->adam.updates = pack_get_u64(&reader);
    pack_get(&reader, trainer->adam.mean, moments);
    pack_get(&reader, trainer->adam.square, moments);
    trainer->order = get_random(&reader);
    trainer->has_rollout = false;
    for (int32_t world = 0; world < trainer->config.worlds; world++) {
        AgentStatus status = get_world(trainer, world, &reader, why);
        if (status != AGENT_OK) {
            return status;
        }
    }
    pack_get(&reader, next_pixels(trainer), (size_t)trainer->config.worlds * AGENT_PIXELS);
    if (reader.failed || reader.used != size) {
        snprintf(why, AGENT_WHY, "the training state has %zu bytes, not what its config says",
                 size);
        return AGENT_BAD_DATA;
    }
    return AGENT_OK;
}
