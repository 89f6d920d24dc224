// What a trainer is between two iterations, as bytes: counters, learned numbers, random streams,
// worlds. Serves checkpoints and the way back from an iteration that was stopped.
//
// The observations to act on next are kept as they are: at night a world draws its picture's noise
// from its generator, so that drawing the picture again would give another one. Those of a window
// of rollouts are not kept: the worlds at its start and the actions since give them again.
#include "agent/state.h"

#include <stdio.h>
#include <string.h>

#include "agent/distil.h"
#include "agent/half.h"
#include "agent/pack.h"
#include "agent/trainer.h"

static void put_random(PackWriter* writer, const NetRandom* random) {
    pack_put_u64(writer, random->key);
    pack_put_u64(writer, random->counter);
}

static NetRandom get_random(PackReader* reader) {
    uint64_t key = pack_get_u64(reader);
    return (NetRandom){.key = key, .counter = pack_get_u64(reader)};
}

static void get_reals(PackReader* reader, NetReal* values, size_t count) {
    pack_get(reader, values, count * sizeof *values);
}

static void put_learned_reals(PackWriter* writer, const Learned* learned, const NetReal* values,
                              size_t count) {
    if (learned->real_size == sizeof *values) {
        pack_put(writer, values, count * sizeof *values);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        pack_put(writer, &(uint16_t){half_of((float)values[i])}, sizeof(uint16_t));
    }
}

// values NULL: skipped over.
static void get_learned_reals(PackReader* reader, const Learned* learned, NetReal* values,
                              size_t count) {
    if (!values) {
        pack_skip(reader, count * learned->real_size);
    } else if (learned->real_size == sizeof *values) {
        get_reals(reader, values, count);
    } else {
        for (size_t i = 0; i < count; i++) {
            uint16_t half = 0;
            pack_get(reader, &half, sizeof half);
            values[i] = (NetReal)half_value(half);
        }
    }
}

// ---------------------------------------------------------------- what acting needs
void learned_put(PackWriter* writer, const Learned* learned) {
    pack_put_u64(writer, (uint64_t)learned->progress.iterations);
    pack_put_u64(writer, (uint64_t)learned->progress.env_steps);
    pack_put_u64(writer, (uint64_t)learned->progress.updates);
    pack_put_u64(writer, (uint64_t)learned->progress.episodes);
    pack_put_double(writer, learned->norm.mean);
    pack_put_double(writer, learned->norm.mean_square);
    pack_put_double(writer, learned->norm.debias);
    put_learned_reals(writer, learned, learned->weights, learned->weight_count);
    put_learned_reals(writer, learned, learned->prototypes, learned->prototype_count);
}

void learned_get(PackReader* reader, Learned* learned) {
    learned->progress.iterations = (int64_t)pack_get_u64(reader);
    learned->progress.env_steps = (int64_t)pack_get_u64(reader);
    learned->progress.updates = (int64_t)pack_get_u64(reader);
    learned->progress.episodes = (int64_t)pack_get_u64(reader);
    learned->norm.mean = pack_get_double(reader);
    learned->norm.mean_square = pack_get_double(reader);
    learned->norm.debias = pack_get_double(reader);
    get_learned_reals(reader, learned, learned->weights, learned->weight_count);
    get_learned_reals(reader, learned, learned->prototypes, learned->prototype_count);
}

Learned trainer_learned(const AgentTrainer* trainer) {
    const Distil* d = trainer->distil;
    return (Learned){.real_size = sizeof(NetReal),
                     .progress = trainer->progress,
                     .norm = trainer->norm,
                     .weight_count = trainer->weight_count,
                     .weights = trainer->weights,
                     .prototype_count = d ? CAIRN_ACHIEVEMENTS * d->batch.width : 0,
                     .prototypes = d ? d->prototype : NULL};
}

// ---------------------------------------------------------------- sizes
static size_t window_limit(const AgentTrainer* trainer) {
    enum { ROW = 64 }; // all that is not a vector
    size_t rows = trainer_history_rows(trainer);
    size_t reals = CAIRN_ACTIONS + (trainer->network.has_memory ? trainer->memory.width : 0) +
                   (size_t)trainer->network.context_width;
    return trainer->distil->start_room + rows * (ROW + reals * sizeof(NetReal)) +
           (size_t)trainer->config.worlds * observations_bytes(&trainer->config);
}

size_t trainer_state_limit(const AgentTrainer* trainer, StateKind kind) {
    enum { COUNTERS = 512, WORLD_FIELDS = 64 };
    size_t arrays = 1 + 2 * (size_t)trainer->adam_count;
    size_t bytes =
        COUNTERS + arrays * trainer->weight_count * sizeof(NetReal) +
        (size_t)trainer->config.worlds *
            (WORLD_FIELDS + cairn_state_limit(trainer->worlds) +
             trainer->memory.width * sizeof(NetReal) + observations_bytes(&trainer->config));
    if (trainer->network.has_context) {
        size_t token = 2 * sizeof(uint64_t);
        bytes += (size_t)trainer->config.worlds * (token + context_state_limit(&trainer->network));
    }
    if (trainer->distil) {
        bytes += CAIRN_ACHIEVEMENTS * trainer->distil->batch.width * sizeof(NetReal);
        bytes += kind == STATE_WHOLE ? window_limit(trainer) : 0;
    }
    return bytes;
}

// ---------------------------------------------------------------- worlds
static void put_sized(PackWriter* writer, const void* bytes, size_t size) {
    pack_put_u64(writer, size);
    pack_put(writer, bytes, size);
}

static Worker* worker_of(const AgentTrainer* trainer, int32_t world) {
    Worker* worker = trainer->workers;
    while (world >= worker->first + worker->count) {
        worker++;
    }
    return worker;
}

static void put_context(const AgentTrainer* trainer, int32_t world, PackWriter* writer) {
    const Worker* worker = worker_of(trainer, world);
    const ContextToken* token = &trainer->run[world].token;
    if (worker->context) {
        pack_put_u64(writer, (uint64_t)token->action);
        pack_put_u64(writer, token->unlocked);
        context_put(worker->context, world - worker->first, writer);
    }
}

static bool get_context(AgentTrainer* trainer, int32_t world, PackReader* reader) {
    const Worker* worker = worker_of(trainer, world);
    if (!worker->context) {
        return true;
    }
    uint64_t action = pack_get_u64(reader), unlocked = pack_get_u64(reader);
    trainer->run[world].token = (ContextToken){(int32_t)action, unlocked != 0};
    return action <= CAIRN_ACTIONS && context_get(worker->context, world - worker->first, reader);
}

static bool put_world(const AgentTrainer* trainer, int32_t world, PackWriter* writer,
                      char why[AGENT_WHY]) {
    const WorldRun* run = &trainer->run[world];
    const Memory* memory = &trainer->memory;
    put_random(writer, &run->random);
    pack_put_double(writer, run->reward);
    pack_put_u64(writer, (uint64_t)run->length);
    pack_put_u64(writer, run->unlocked);
    pack_put_u64(writer, run->just_unlocked);
    if (trainer->network.has_memory) {
        pack_put(writer, memory->vector + (size_t)world * memory->width,
                 memory->width * sizeof *memory->vector);
    }
    put_context(trainer, world, writer);
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

static AgentStatus get_world(AgentTrainer* trainer, int32_t world, PackReader* reader,
                             char why[AGENT_WHY]) {
    WorldRun* run = &trainer->run[world];
    const Memory* memory = &trainer->memory;
    run->random = get_random(reader);
    run->reward = pack_get_double(reader);
    uint64_t length = pack_get_u64(reader), unlocked = pack_get_u64(reader);
    uint64_t just_unlocked = pack_get_u64(reader);
    if (trainer->network.has_memory) {
        get_reals(reader, memory->vector + (size_t)world * memory->width, memory->width);
    }
    bool remembered = get_context(trainer, world, reader);
    size_t size = pack_get_u64(reader);
    const void* bytes = pack_skip(reader, size);
    if (!bytes || !remembered || length > INT32_MAX ||
        (unlocked | just_unlocked) >> CAIRN_ACHIEVEMENTS) {
        snprintf(why, AGENT_WHY, "the fields of world %d are out of range", world);
        return AGENT_BAD_DATA;
    }
    run->length = (int32_t)length;
    run->unlocked = (uint32_t)unlocked;
    run->just_unlocked = (uint32_t)just_unlocked;
    if (cairn_load_world(trainer->worlds, world, bytes, size, why) != CAIRN_OK) {
        return AGENT_BAD_DATA;
    }
    return AGENT_OK;
}

// ---------------------------------------------------------------- the window of a phase
// Memories change at unlocks and episode ends only: a flag, and the vector where it differs from
// the one of the step before.
static void put_memories(PackWriter* writer, const AgentTrainer* trainer, size_t rows) {
    size_t worlds = (size_t)trainer->config.worlds, width = trainer->memory.width;
    for (size_t row = 0; row < rows && trainer->network.has_memory; row++) {
        const NetReal* memory = trainer->rollout.memory + row * width;
        uint8_t same =
            row >= worlds && memcmp(memory, memory - worlds * width, width * sizeof *memory) == 0;
        pack_put(writer, &same, 1);
        pack_put(writer, memory, same ? 0 : width * sizeof *memory);
    }
}

static void get_memories(PackReader* reader, AgentTrainer* trainer, size_t rows) {
    size_t worlds = (size_t)trainer->config.worlds, width = trainer->memory.width;
    for (size_t row = 0; row < rows && trainer->network.has_memory; row++) {
        NetReal* memory = trainer->rollout.memory + row * width;
        uint8_t same = 0;
        pack_get(reader, &same, 1);
        if (same && row >= worlds) {
            memcpy(memory, memory - worlds * width, width * sizeof *memory);
        } else {
            pack_get(reader, memory, width * sizeof *memory);
        }
    }
}

static void put_window(PackWriter* writer, const AgentTrainer* trainer) {
    const Distil* d = trainer->distil;
    const Rollout* r = &trainer->rollout;
    size_t rows = (size_t)d->stored * trainer_segment_rows(trainer);
    if (rows == 0) {
        return;
    }
    put_sized(writer, d->start, d->start_size);
    observations_pack(writer, &d->start_observation, (size_t)trainer->config.worlds);
    pack_put(writer, r->action, rows * sizeof *r->action);
    pack_put(writer, r->target, rows * sizeof *r->target);
    pack_put(writer, r->ended, rows);
    pack_put(writer, r->episode_step, rows * sizeof *r->episode_step);
    pack_put(writer, r->unlocked_before, rows * sizeof *r->unlocked_before);
    put_memories(writer, trainer, rows);
    pack_put(writer, r->context,
             rows * (size_t)trainer->network.context_width * sizeof *r->context);
    if (d->epoch > 0) {
        pack_put(writer, d->old_log_prob, rows * CAIRN_ACTIONS * sizeof *d->old_log_prob);
    }
}

static AgentStatus start_worlds(AgentTrainer* trainer, char why[AGENT_WHY]) {
    const Distil* d = trainer->distil;
    PackReader reader = {.bytes = d->start, .size = d->start_size};
    for (int32_t world = 0; world < trainer->config.worlds; world++) {
        size_t size = pack_get_u64(&reader);
        const void* bytes = pack_skip(&reader, size);
        if (!bytes || cairn_load_world(trainer->worlds, world, bytes, size, why) != CAIRN_OK) {
            return AGENT_BAD_DATA;
        }
    }
    return AGENT_OK;
}

static uint32_t unlocked_of(const int32_t counts[CAIRN_ACHIEVEMENTS]) {
    uint32_t unlocked = 0;
    for (size_t k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        unlocked |= (uint32_t)(counts[k] > 0) << k;
    }
    return unlocked;
}

// Observations of the window, from its start and the actions.
static AgentStatus play_window(AgentTrainer* trainer, char why[AGENT_WHY]) {
    const Rollout* r = &trainer->rollout;
    size_t worlds = (size_t)trainer->config.worlds;
    size_t rows = (size_t)trainer->distil->stored * trainer_segment_rows(trainer);
    for (size_t row = 0; row < rows; row++) {
        if (r->action[row] < 0 || r->action[row] >= CAIRN_ACTIONS) {
            snprintf(why, AGENT_WHY, "action %d is none", r->action[row]);
            return AGENT_BAD_DATA;
        }
    }
    observations_copy(&r->observations, 0, &trainer->distil->start_observation, 0, worlds);
    for (size_t row = 0; row < rows; row += worlds) {
        Observations next = observations_from(&r->observations, row + worlds);
        CairnOutput output = {.observation = observations_output(&next),
                              .terminated = r->terminated + row,
                              .truncated = r->truncated + row,
                              .achievements = r->achievements};
        cairn_step(trainer->worlds, r->action + row, &output);
        for (size_t i = row; i < row + worlds; i++) {
            if ((r->terminated[i] || r->truncated[i]) != (r->ended[i] != 0)) {
                snprintf(why, AGENT_WHY, "its rollouts play again to another end");
                return AGENT_BAD_DATA;
            }
            const int32_t* counts = r->achievements + (i - row) * CAIRN_ACHIEVEMENTS;
            if (next.unlocked) {
                next.unlocked[i - row] = r->ended[i] ? 0 : unlocked_of(counts);
            }
        }
    }
    return AGENT_OK;
}

static AgentStatus get_window(AgentTrainer* trainer, PackReader* reader, char why[AGENT_WHY]) {
    Distil* d = trainer->distil;
    const Rollout* r = &trainer->rollout;
    size_t rows = (size_t)d->stored * trainer_segment_rows(trainer);
    if (rows == 0) {
        return AGENT_OK;
    }
    d->start_size = pack_get_u64(reader);
    const void* start = d->start_size <= d->start_room ? pack_skip(reader, d->start_size) : NULL;
    if (!start) {
        snprintf(why, AGENT_WHY, "the worlds of its rollouts are damaged");
        return AGENT_BAD_DATA;
    }
    memcpy(d->start, start, d->start_size);
    observations_unpack(reader, &d->start_observation, (size_t)trainer->config.worlds);
    pack_get(reader, r->action, rows * sizeof *r->action);
    pack_get(reader, r->target, rows * sizeof *r->target);
    pack_get(reader, r->ended, rows);
    pack_get(reader, r->episode_step, rows * sizeof *r->episode_step);
    pack_get(reader, r->unlocked_before, rows * sizeof *r->unlocked_before);
    get_memories(reader, trainer, rows);
    pack_get(reader, r->context,
             rows * (size_t)trainer->network.context_width * sizeof *r->context);
    if (d->epoch > 0) {
        pack_get(reader, d->old_log_prob, rows * CAIRN_ACTIONS * sizeof *d->old_log_prob);
    }
    AgentStatus status = start_worlds(trainer, why);
    if (status == AGENT_OK) {
        status = play_window(trainer, why);
    }
    if (status == AGENT_OK && d->epoch > 0) {
        distil_find_trajectories(trainer);
    }
    return status;
}

// ---------------------------------------------------------------- the whole
size_t trainer_state_save(const AgentTrainer* trainer, StateKind kind, void* bytes, size_t size,
                          char why[AGENT_WHY]) {
    PackWriter writer = {.bytes = bytes, .size = size};
    size_t moments = trainer->weight_count * sizeof(NetReal);
    Learned learned = trainer_learned(trainer);
    learned_put(&writer, &learned);
    for (int32_t i = 0; i < trainer->adam_count; i++) {
        pack_put_u64(&writer, trainer->adam[i].updates);
        pack_put(&writer, trainer->adam[i].mean, moments);
        pack_put(&writer, trainer->adam[i].square, moments);
    }
    put_random(&writer, &trainer->order);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        pack_put_double(&writer, trainer->rarity.success[k]);
    }
    if (trainer->distil) {
        put_random(&writer, &trainer->distil->random);
        pack_put_u64(&writer, (uint64_t)trainer->distil->stored);
        pack_put_u64(&writer, (uint64_t)trainer->distil->epoch);
        if (kind == STATE_WHOLE) {
            put_window(&writer, trainer);
        }
    }
    for (int32_t world = 0; world < trainer->config.worlds; world++) {
        if (!put_world(trainer, world, &writer, why)) {
            return 0;
        }
    }
    Observations next =
        observations_from(&trainer->rollout.observations, trainer_next_row(trainer));
    observations_pack(&writer, &next, (size_t)trainer->config.worlds);
    if (!pack_fit(&writer)) {
        snprintf(why, AGENT_WHY, "no room for the state: %zu bytes of %zu", writer.used, size);
        return 0;
    }
    return writer.used;
}

static AgentStatus get_distil(AgentTrainer* trainer, StateKind kind, PackReader* reader,
                              char why[AGENT_WHY]) {
    Distil* d = trainer->distil;
    d->random = get_random(reader);
    uint64_t stored = pack_get_u64(reader), epoch = pack_get_u64(reader);
    if (reader->failed || stored > (uint64_t)trainer->segments ||
        epoch >= (uint64_t)trainer->config.distil_epochs ||
        (epoch > 0 && stored != (uint64_t)trainer->segments)) {
        snprintf(why, AGENT_WHY, "it is in epoch %llu of a distillation after %llu rollouts",
                 (unsigned long long)epoch, (unsigned long long)stored);
        return AGENT_BAD_DATA;
    }
    d->stored = (int32_t)stored;
    d->epoch = (int32_t)epoch;
    trainer->first_step = d->stored % trainer->segments * trainer->config.rollout_steps;
    return kind == STATE_WHOLE ? get_window(trainer, reader, why) : AGENT_OK;
}

AgentStatus trainer_state_load(AgentTrainer* trainer, StateKind kind, const void* bytes,
                               size_t size, char why[AGENT_WHY]) {
    PackReader reader = {.bytes = bytes, .size = size};
    size_t moments = trainer->weight_count * sizeof(NetReal);
    Learned learned = trainer_learned(trainer);
    learned_get(&reader, &learned);
    trainer->progress = learned.progress;
    trainer->norm = learned.norm;
    for (int32_t i = 0; i < trainer->adam_count; i++) {
        trainer->adam[i].updates = pack_get_u64(&reader);
        pack_get(&reader, trainer->adam[i].mean, moments);
        pack_get(&reader, trainer->adam[i].square, moments);
    }
    trainer->order = get_random(&reader);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        trainer->rarity.success[k] = pack_get_double(&reader);
    }
    AgentStatus status = AGENT_OK;
    if (trainer->distil) {
        status = get_distil(trainer, kind, &reader, why);
    }
    for (int32_t world = 0; world < trainer->config.worlds && status == AGENT_OK; world++) {
        status = get_world(trainer, world, &reader, why);
    }
    if (status != AGENT_OK) {
        return status;
    }
    Observations next =
        observations_from(&trainer->rollout.observations, trainer_next_row(trainer));
    observations_unpack(&reader, &next, (size_t)trainer->config.worlds);
    if (reader.failed || reader.used != size) {
        snprintf(why, AGENT_WHY, "the training state has %zu bytes, not what its config says",
                 size);
        return AGENT_BAD_DATA;
    }
    return AGENT_OK;
}
