// Checkpoints. The first byte says what the rest is: 0 a whole file; 1 and 2 edits of a good file
// (3 bytes offset, 1 byte that is xored), with the checksum left wrong or made right; 3 as 2, of a
// file of weights only. A refused file must leave the trainer as it was; an accepted one is trained
// on.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "agent/checkpoint.h"
#include "agent/trainer.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static AgentTrainer* make_trainer(void) {
    AgentConfig config = agent_default_config();
    config.channels = config.tile_hidden = config.dense = config.latent = 2;
    config.blocks = 0;
    config.worlds = 2;
    config.area_width = config.area_height = 12;
    config.rollout_steps = 4;
    config.minibatch = config.micro_batch = 8;
    config.epochs = 1;
    config.backend = NET_BACKEND_BLAS;
    config.dtype = NET_DTYPE_F32;
    AgentTrainer* trainer = NULL;
    char why[AGENT_WHY] = "";
    AgentStatus status = agent_trainer_create(&config, &trainer, why);
    assert(status == AGENT_OK);
    (void)status;
    return trainer;
}

static unsigned char* state_of(const AgentTrainer* trainer, size_t* size) {
    char why[AGENT_WHY] = "";
    size_t limit = trainer_state_limit(trainer);
    unsigned char* bytes = calloc(limit, 1);
    *size = trainer_state_save(trainer, bytes, limit, why);
    assert(*size > 0);
    return bytes;
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
        AgentIteration iteration;
        agent_trainer_iterate(trainer, NULL, &iteration, why);
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
    AgentTrainer* trainer = make_trainer();
    if (data[0] == 0) {
        feed(trainer, data + 1, size - 1);
    } else {
        unsigned char* bytes = NULL;
        size_t made = 0;
        char why[AGENT_WHY] = "";
        AgentCheckpointKind kind = data[0] == 3 ? AGENT_CHECKPOINT_WEIGHTS : AGENT_CHECKPOINT_FULL;
        AgentStatus status = checkpoint_make(trainer, kind, "blob", 4, &bytes, &made, why);
        assert(status == AGENT_OK);
        (void)status;
        edit(bytes, made, data + 1, size - 1);
        if (data[0] != 1) {
            uint32_t sum = (uint32_t)crc32_z(0, bytes + 16, made - 16);
            memcpy(bytes + 12, &sum, sizeof sum);
        }
        feed(trainer, bytes, made);
        free(bytes);
    }
    agent_trainer_destroy(trainer);
    return 0;
}
