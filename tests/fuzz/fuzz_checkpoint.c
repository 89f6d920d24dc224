// Checkpoints. The first byte says what the rest is: 0 a whole file; 1 and 2 edits of a good file
// (3 bytes offset, 1 byte that is xored), with the checksum left wrong or made right; 3 as 2, of a
// file of weights only; 4 and 5 as 2, with distillation: in the middle of a window of rollouts and
// in the middle of a phase; 6 as 2, of an agent with a memory of its steps. A refused file must
// leave the trainer as it was; an accepted one is trained on.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "agent/checkpoint.h"
#include "agent/distil.h"

enum { WHOLE, WRONG_SUM, EDITED, WEIGHTS, WINDOW, PHASE, MEMORY, KINDS };

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static AgentTrainer* make_trainer(int kind) {
    const bool distils = kind == WINDOW || kind == PHASE;
    AgentConfig config = agent_default_config();
    config.channels = config.tile_hidden = config.dense = config.latent = 2;
    config.blocks = 0;
    config.worlds = 2;
    config.area_width = config.area_height = 12;
    config.length = 3;
    config.rollout_steps = 4;
    config.minibatch = config.micro_batch = 8;
    config.epochs = 1;
    config.distil_memory = distils ? AGENT_MEMORY_LAST : AGENT_MEMORY_NONE;
    config.distil_prediction = config.distil_matching = distils;
    config.distil_every = config.distil_epochs = 2;
    config.distil_batch = config.distil_targets = 2;
    config.context = kind == MEMORY ? AGENT_CONTEXT_CONCAT : AGENT_CONTEXT_NONE;
    config.context_chunk = config.context_cap = config.context_layers = 2;
    config.context_slots = config.context_heads = config.context_rank = 1;
    config.context_width = config.context_hidden = 4;
    config.unlocked = kind == MEMORY;
    config.backend = NET_BACKEND_BLAS;
    config.dtype = NET_DTYPE_F32;
    AgentTrainer* trainer = NULL;
    char why[AGENT_WHY] = "";
    AgentStatus status = agent_trainer_create(&config, &trainer, why);
    assert(status == AGENT_OK);
    (void)status;
    return trainer;
}

static void iterate(AgentTrainer* trainer, int times) {
    AgentIteration iteration;
    char why[AGENT_WHY] = "";
    for (int i = 0; i < times; i++) {
        if (agent_trainer_iterate(trainer, NULL, &iteration, why) != AGENT_OK) {
            return; // weights may be anything
        }
    }
}

// A goal in every episode: agents this young have none.
static void unlock(AgentTrainer* trainer) {
    for (size_t row = 0; row < trainer_history_rows(trainer); row++) {
        trainer->rollout.unlocked_before[row] = (uint32_t)trainer->rollout.episode_step[row];
    }
}

static unsigned char* state_of(const AgentTrainer* trainer, size_t* size) {
    char why[AGENT_WHY] = "";
    size_t limit = trainer_state_limit(trainer, STATE_WHOLE);
    unsigned char* bytes = calloc(limit, 1);
    *size = trainer_state_save(trainer, STATE_WHOLE, bytes, limit, why);
    assert(*size > 0);
    return bytes;
}

typedef struct Given { // one for all inputs of a kind, with the state that each begins with
    AgentTrainer* trainer;
    unsigned char* state;
    size_t size;
} Given;

static Given make_given(int kind) {
    Given given = {.trainer = make_trainer(kind)};
    if (kind == WINDOW) {
        iterate(given.trainer, 1);
        unlock(given.trainer);
    } else if (kind == PHASE) {
        iterate(given.trainer, 2);
        unlock(given.trainer);
        iterate(given.trainer, 1);
    } else if (kind == MEMORY) {
        iterate(given.trainer, 1);
    }
    given.state = state_of(given.trainer, &given.size);
    return given;
}

static AgentTrainer* trainer_for(int kind) {
    static Given given[KINDS];
    Given* own = &given[kind < WINDOW ? 0 : kind];
    if (!own->trainer) {
        *own = make_given(kind);
    }
    char why[AGENT_WHY] = "";
    AgentStatus status = trainer_state_load(own->trainer, STATE_WHOLE, own->state, own->size, why);
    assert(status == AGENT_OK);
    (void)status;
    return own->trainer;
}

static void feed(AgentTrainer* trainer, const uint8_t* bytes, size_t size) {
    char why[AGENT_WHY] = "";
    AgentPolicyConfig acting = {.rows = 1, .backend = NET_BACKEND_BLAS, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    AgentStatus status = checkpoint_policy(bytes, size, "file", &acting, &policy, why);
    assert((status == AGENT_OK) == (policy != NULL));
    agent_policy_destroy(policy);
    void* blob = NULL;
    size_t blob_size = 0, before_size = 0, after_size = 0;
    unsigned char* before = state_of(trainer, &before_size);
    status = checkpoint_restore(trainer, bytes, size, "file", &blob, &blob_size, why);
    if (status == AGENT_OK) {
        iterate(trainer, 2);
    } else {
        unsigned char* after = state_of(trainer, &after_size);
        assert(after_size == before_size && memcmp(after, before, after_size) == 0);
        assert(strncmp(why, "file: ", 6) == 0);
        free(after);
    }
    free(before);
    free(blob);
}

static void edit(unsigned char* bytes, size_t size, const uint8_t* edits, size_t count) {
    for (size_t i = 0; i + 4 <= count; i += 4) {
        size_t at = (edits[i] | (size_t)edits[i + 1] << 8 | (size_t)edits[i + 2] << 16) % size;
        bytes[at] ^= edits[i + 3];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    int kind = data[0] % KINDS;
    AgentTrainer* trainer = trainer_for(kind);
    if (kind == WHOLE) {
        feed(trainer, data + 1, size - 1);
    } else {
        unsigned char* bytes = NULL;
        size_t made = 0;
        char why[AGENT_WHY] = "";
        AgentStatus status = checkpoint_make(
            trainer, kind == WEIGHTS ? AGENT_CHECKPOINT_WEIGHTS : AGENT_CHECKPOINT_FULL, "blob", 4,
            &bytes, &made, why);
        assert(status == AGENT_OK);
        (void)status;
        edit(bytes, made, data + 1, size - 1);
        if (kind != WRONG_SUM) {
            uint32_t sum = (uint32_t)crc32_z(0, bytes + 16, made - 16);
            memcpy(bytes + 12, &sum, sizeof sum);
        }
        feed(trainer, bytes, made);
        free(bytes);
    }
    return 0;
}
