#include "tests/agent/small.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

AgentConfig small_config(void) {
    AgentConfig config = agent_default_config();
    config.channels = 4;
    config.blocks = 1;
    config.tile_hidden = 8;
    config.dense = 16;
    config.latent = 16;
    config.worlds = 6;
    config.area_width = config.area_height = 20;
    config.length = 25;
    config.rollout_steps = 20;
    config.minibatch = 40;
    config.micro_batch = 8;
    config.epochs = 2;
    config.total_steps = 1200;
    config.seed = 11;
    config.dtype = NET_DTYPE_F32; // whatever is faster on the machine at hand
    return config;
}

AgentConfig small_distil_config(void) {
    AgentConfig config = small_config();
    config.distil_memory = AGENT_MEMORY_LAST;
    config.distil_prediction = config.distil_matching = true;
    config.distil_every = 3;
    config.distil_epochs = 2;
    config.distil_batch = 24;
    config.distil_targets = 3;
    return config;
}

AgentConfig small_context_config(AgentContextKind kind) {
    AgentConfig config = small_distil_config();
    config.context = kind;
    config.context_chunk = 5;
    config.context_slots = 2;
    config.context_cap = 3;
    config.context_layers = 2;
    config.context_heads = 2;
    config.context_width = 8;
    config.context_hidden = 12;
    config.context_rank = 2;
    config.context_window = 7;
    config.context_full = 32;
    return config;
}

AgentTrainer* small_trainer(const AgentConfig* config) {
    AgentTrainer* trainer = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_trainer_create(config, &trainer, why) == AGENT_OK, "%s", why);
    return trainer;
}

void small_iterate(AgentTrainer* trainer, AgentIteration* iteration) {
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_trainer_iterate(trainer, NULL, iteration, why) == AGENT_OK, "%s", why);
}

AgentTrainer* small_trainer_after(const AgentConfig* config, int iterations) {
    AgentTrainer* trainer = small_trainer(config);
    AgentIteration iteration;
    for (int i = 0; i < iterations; i++) {
        small_iterate(trainer, &iteration);
    }
    return trainer;
}

AgentTrainer* small_before_phase(const AgentConfig* config) {
    return small_trainer_after(config, config->distil_every);
}

uint64_t small_hash(const AgentTrainer* trainer) {
    char why[AGENT_WHY] = "";
    size_t size = trainer_state_limit(trainer, STATE_WHOLE);
    unsigned char* bytes = malloc(size);
    ck_assert(bytes);
    size_t used = trainer_state_save(trainer, STATE_WHOLE, bytes, size, why);
    ck_assert_msg(used > 0, "%s", why);
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < used; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    }
    free(bytes);
    return hash;
}

char* small_path(const char* name) {
    char* path = NULL;
    mkdir("build", 0777);
    mkdir("build/test-files", 0777);
    ck_assert(asprintf(&path, "build/test-files/%ld-%s", (long)getpid(), name) > 0);
    return path;
}
