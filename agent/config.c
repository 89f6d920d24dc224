// Every hyperparameter once: its key, range and default.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

#define KEY(name, kind, field, low, high, help)                                                    \
    { name, help, kind, offsetof(AgentConfig, field), low, high }
#define INT(name, field, low, high, help) KEY(name, AGENT_KEY_INT, field, low, high, help)
#define REAL(name, field, low, high, help) KEY(name, AGENT_KEY_REAL, field, low, high, help)

static const AgentKey keys[] = {
    KEY("network.encoder", AGENT_KEY_ENCODER, encoder, 0, 0, "paper, tile or symbolic"),
    INT("network.channels", channels, 1, 1024, "of the grid, or of the first stack (paper)"),
    INT("network.blocks", blocks, 0, 64, "residual blocks of the tile and symbolic encoders"),
    INT("network.tile_hidden", tile_hidden, 1, 4096, "hidden units of the tile encoder's tiles"),
    INT("network.dense", dense, 1, 8192, "units of the layer after the convolutions"),
    INT("network.latent", latent, 1, 8192, "units of the latent that the heads see"),
    KEY("network.unlocked", AGENT_KEY_BOOL, unlocked, 0, 0,
        "the encoder sees which achievements the episode has unlocked"),
    INT("world.count", worlds, 1, 65536, "worlds played at once"),
    INT("world.area_width", area_width, 1, 1024, "cells"),
    INT("world.area_height", area_height, 1, 1024, "cells"),
    INT("world.length", length, 0, INT32_MAX, "steps until an episode is cut, 0 = never"),
    INT("ppo.rollout_steps", rollout_steps, 1, 1048576, "steps of each world per iteration"),
    REAL("ppo.gamma", gamma, 0, 1, "discount per step"),
    REAL("ppo.lambda", lambda, 0, 1, "of the generalised advantage estimate"),
    KEY("ppo.bootstrap_truncated", AGENT_KEY_BOOL, bootstrap_truncated, 0, 0,
        "count the value of the last observation when the length limit cuts an episode"),
    REAL("ppo.rarity", rarity, 0, 2,
         "exponent of a rare unlock's weight; 0: the world's reward, 1: the score's gradient"),
    REAL("ppo.rarity_limit", rarity_limit, 1, 1000, "largest weight of an unlock"),
    INT("ppo.epochs", epochs, 1, 1000, "passes over each rollout"),
    INT("ppo.minibatch", minibatch, 1, 4194304, "rows of an update, divides a rollout's steps"),
    REAL("ppo.clip", clip, 1e-6, 10, "how far a ratio may leave 1"),
    REAL("ppo.value_coefficient", value_coefficient, 0, 1000, "weight of the value loss"),
    REAL("ppo.entropy_coefficient", entropy_coefficient, 0, 1000, "weight of the entropy bonus"),
    REAL("ppo.learning_rate", learning_rate, 1e-12, 1, "of Adam, at the beginning"),
    KEY("ppo.anneal", AGENT_KEY_BOOL, anneal, 0, 0, "lower the learning rate linearly"),
    REAL("ppo.final_fraction", final_fraction, 0, 1, "of the learning rate left when annealed"),
    REAL("ppo.adam_beta1", adam_beta1, 0, 0.9999999, "decay of the gradient's mean"),
    REAL("ppo.adam_beta2", adam_beta2, 0, 0.9999999, "decay of the gradient's square"),
    REAL("ppo.adam_epsilon", adam_epsilon, 1e-30, 1, "added to the root of the square"),
    REAL("ppo.gradient_limit", gradient_limit, 1e-9, 1e9, "largest global norm of a gradient"),
    KEY("distil.memory", AGENT_KEY_MEMORY, distil_memory, 0, 0,
        "what heads and predictor know of the episode's unlocks"),
    KEY("distil.prediction", AGENT_KEY_BOOL, distil_prediction, 0, 0,
        "learn to predict the next achievement"),
    KEY("distil.matching", AGENT_KEY_BOOL, distil_matching, 0, 0,
        "learn to match achievements across episodes"),
    INT("distil.every", distil_every, 1, 4096,
        "PPO phases from one distillation phase to the next"),
    INT("distil.epochs", distil_epochs, 1, 1000, "passes over the rollouts of a phase"),
    INT("distil.batch", distil_batch, 1, 65536, "steps of a prediction update, at most"),
    KEY("distil.pack", AGENT_KEY_BOOL, distil_pack, 0, 0,
        "fill prediction updates with several trajectories"),
    INT("distil.sources", distil_sources, 1, 256, "source trajectories of a matching update"),
    INT("distil.targets", distil_targets, 1, 256, "trajectories that each source is matched with"),
    KEY("distil.whole_episodes", AGENT_KEY_BOOL, distil_whole_episodes, 0, 0,
        "learn only from episodes that lie whole in the rollouts of a phase"),
    REAL("distil.temperature", distil_temperature, 1e-3, 1e3, "of the contrastive losses"),
    REAL("distil.kl_coefficient", distil_kl_coefficient, 0, 1000, "keeps the policy in place"),
    REAL("distil.value_coefficient", distil_value_coefficient, 0, 1000, "weight of the value loss"),
    REAL("distil.learning_rate", distil_learning_rate, 1e-12, 1,
         "of both passes' Adam, annealed as ppo.learning_rate is"),
    KEY("memory.kind", AGENT_KEY_CONTEXT, context, 0, 0,
        "what a transformer over the episode's steps looks back on"),
    INT("memory.chunk", context_chunk, 1, 1024, "steps of a chunk, divides ppo.rollout_steps"),
    INT("memory.slots", context_slots, 1, 64, "that remain of a chunk"),
    INT("memory.cap", context_cap, 1, 4096, "chunks remembered, of ccm-concat"),
    INT("memory.layers", context_layers, 1, 8, "of the transformer"),
    INT("memory.heads", context_heads, 1, 64, "of each layer"),
    INT("memory.width", context_width, 2, 4096, "of a token, a multiple of twice the heads"),
    INT("memory.hidden", context_hidden, 1, 16384, "units of each layer's inner map"),
    KEY("memory.adapter", AGENT_KEY_ADAPTER, context_adapter, 0, 0,
        "what tokens that compress have of their own beside embeddings"),
    INT("memory.lora_rank", context_rank, 1, 256, "of the low-rank maps"),
    REAL("memory.merge_floor", context_floor, 0, 1, "least weight of a new chunk, of ccm-merge"),
    INT("memory.window", context_window, 1, 16384, "steps seen back, of window"),
    INT("memory.full_steps", context_full, 1, 16384, "steps seen back at most, of full"),
    KEY("train.steps", AGENT_KEY_LONG, total_steps, 1, 9007199254740992.0,
        "environment steps in all"),
    KEY("train.seed", AGENT_KEY_LONG, seed, -9223372036854775808.0, 9223372036854775807.0,
        "of worlds, weights and draws"),
    INT("compute.threads", threads, 1, 256, "at most one per world"),
    INT("compute.micro_batch", micro_batch, 1, 65536, "rows computed at once in an update"),
    KEY("compute.backend", AGENT_KEY_BACKEND, backend, 0, 0, "auto, blas or onednn"),
    KEY("compute.dtype", AGENT_KEY_DTYPE, dtype, 0, 0, "auto, f32 or bf16"),
};
enum { KEYS = sizeof keys / sizeof keys[0], ROLLOUT_LIMIT = 1 << 22 };

const AgentKey* agent_config_keys(int32_t* count) {
    *count = KEYS;
    return keys;
}

AgentConfig agent_default_config(void) {
    return (AgentConfig){
        .encoder = AGENT_ENCODER_TILE,
        .channels = 32,
        .blocks = 2,
        .tile_hidden = 64,
        .dense = 256,
        .latent = 512,
        .worlds = 32,
        .area_width = 64,
        .area_height = 64,
        .length = 10000,
        .rollout_steps = 128,
        .gamma = 0.95,
        .lambda = 0.65,
        .rarity_limit = 10,
        .epochs = 3,
        .minibatch = 512,
        .clip = 0.2,
        .value_coefficient = 0.5,
        .entropy_coefficient = 0.01,
        .learning_rate = 3e-4,
        .adam_beta1 = 0.9,
        .adam_beta2 = 0.999,
        .adam_epsilon = 1e-8,
        .gradient_limit = 0.5,
        .distil_every = 8,
        .distil_epochs = 6,
        .distil_batch = 512,
        .distil_sources = 1,
        .distil_targets = 16,
        .distil_whole_episodes = true,
        .distil_temperature = 0.1,
        .distil_kl_coefficient = 1,
        .distil_value_coefficient = 1,
        .distil_learning_rate = 3e-4,
        .context_chunk = 16,
        .context_slots = 3,
        .context_cap = 32,
        .context_layers = 3,
        .context_heads = 4,
        .context_width = 256,
        .context_hidden = 512,
        .context_rank = 8,
        .context_floor = 0.0625,
        .context_window = 16,
        .context_full = 1024,
        .total_steps = 1000000,
        .threads = 1,
        .micro_batch = 64,
    };
}

const char* agent_encoder_name(AgentEncoder encoder) {
    static const char* const names[] = {"paper", "tile", "symbolic"};
    return names[encoder];
}

const char* agent_memory_kind_name(AgentMemoryKind kind) {
    static const char* const names[] = {"none", "last", "sum", "set"};
    return names[kind];
}

const char* agent_context_name(AgentContextKind kind) {
    static const char* const names[] = {"none", "window", "full", "ccm-concat", "ccm-merge"};
    return names[kind];
}

const char* agent_context_adapter_name(AgentContextAdapter adapter) {
    static const char* const names[] = {"lora", "own", "shared"};
    return names[adapter];
}

static const char* context_text(int value) {
    return agent_context_name((AgentContextKind)value);
}
static const char* adapter_text(int value) {
    return agent_context_adapter_name((AgentContextAdapter)value);
}
static const char* memory_text(int value) {
    return agent_memory_kind_name((AgentMemoryKind)value);
}
static const char* encoder_text(int value) {
    return agent_encoder_name((AgentEncoder)value);
}
static const char* backend_text(int value) {
    return net_backend_name((NetBackend)value);
}
static const char* dtype_text(int value) {
    return net_dtype_name((NetDtype)value);
}
static const char* bool_text(int value) {
    return value ? "true" : "false";
}

typedef struct Names { // the words that a value of this kind may be
    int count;
    const char* (*text)(int value);
    const char* all;
} Names;

static Names names_of(AgentKeyKind kind) {
    switch (kind) {
    case AGENT_KEY_BOOL:
        return (Names){2, bool_text, "true or false"};
    case AGENT_KEY_ENCODER:
        return (Names){AGENT_ENCODER_SYMBOLIC + 1, encoder_text, "paper, tile or symbolic"};
    case AGENT_KEY_MEMORY:
        return (Names){AGENT_MEMORY_SET + 1, memory_text, "none, last, sum or set"};
    case AGENT_KEY_CONTEXT:
        return (Names){AGENT_CONTEXT_MERGE + 1, context_text,
                       "none, window, full, ccm-concat or ccm-merge"};
    case AGENT_KEY_ADAPTER:
        return (Names){AGENT_CONTEXT_SHARED + 1, adapter_text, "lora, own or shared"};
    case AGENT_KEY_BACKEND:
        return (Names){NET_BACKEND_ONEDNN + 1, backend_text, "auto, blas or onednn"};
    case AGENT_KEY_DTYPE:
        return (Names){NET_DTYPE_BF16 + 1, dtype_text, "auto, f32 or bf16"};
    default:
        return (Names){0};
    }
}

static const AgentKey* find_key(const char* name) {
    for (int i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

// Enumerations are stored as int: C17 lets a compiler choose, gcc and clang choose 4 bytes.
_Static_assert(sizeof(AgentEncoder) == 4 && sizeof(AgentMemoryKind) == 4 &&
                   sizeof(AgentContextKind) == 4 && sizeof(AgentContextAdapter) == 4 &&
                   sizeof(NetBackend) == 4 && sizeof(NetDtype) == 4,
               "enumerations of the config have the size of int32_t");

static double number_of(const AgentKey* key, const AgentConfig* config) {
    const char* field = (const char*)config + key->offset;
    switch (key->kind) {
    case AGENT_KEY_BOOL:
        return *(const bool*)field;
    case AGENT_KEY_LONG: {
        return (double)*(const int64_t*)(const void*)field;
    }
    case AGENT_KEY_REAL:
        return *(const double*)(const void*)field;
    default: {
        int32_t value;
        memcpy(&value, field, sizeof value);
        return value;
    }
    }
}

static void store(const AgentKey* key, AgentConfig* config, int64_t whole, double real) {
    char* field = (char*)config + key->offset;
    int32_t narrow = (int32_t)whole;
    bool truth = whole != 0;
    switch (key->kind) {
    case AGENT_KEY_BOOL:
        memcpy(field, &truth, sizeof truth);
        break;
    case AGENT_KEY_LONG:
        memcpy(field, &whole, sizeof whole);
        break;
    case AGENT_KEY_REAL:
        memcpy(field, &real, sizeof real);
        break;
    default:
        memcpy(field, &narrow, sizeof narrow);
    }
}

static AgentStatus bad_value(const AgentKey* key, const char* text, char why[AGENT_WHY]) {
    Names names = names_of(key->kind);
    if (names.count) {
        snprintf(why, AGENT_WHY, "%s is \"%.60s\", should be %s", key->name, text, names.all);
    } else if (key->kind == AGENT_KEY_REAL) {
        snprintf(why, AGENT_WHY, "%s is \"%.60s\", should be a number in [%.10g, %.10g]", key->name,
                 text, key->minimum, key->maximum);
    } else {
        snprintf(why, AGENT_WHY, "%s is \"%.60s\", should be a whole number in [%.16g, %.16g]",
                 key->name, text, key->minimum, key->maximum);
    }
    return AGENT_BAD_CONFIG;
}

AgentStatus agent_config_set(AgentConfig* config, const char* name, const char* text,
                             char why[AGENT_WHY]) {
    const AgentKey* key = find_key(name);
    if (!key) {
        snprintf(why, AGENT_WHY, "there is no key \"%.60s\"", name);
        return AGENT_BAD_CONFIG;
    }
    Names names = names_of(key->kind);
    for (int i = 0; i < names.count; i++) {
        if (strcmp(names.text(i), text) == 0) {
            store(key, config, i, 0);
            return AGENT_OK;
        }
    }
    if (names.count) {
        return bad_value(key, text, why);
    }
    char* end = NULL;
    long long whole = 0;
    double real = strtod(text, &end);
    bool good = end != text && *end == 0 && real >= key->minimum && real <= key->maximum;
    if (good && key->kind != AGENT_KEY_REAL) { // exact where a double is not; 1e6 is allowed
        errno = 0;
        whole = strtoll(text, &end, 10);
        good = errno == 0;
        if (good && *end != 0) {
            good = real > -9e15 && real < 9.1e15 && real == (double)(int64_t)real;
            whole = good ? (long long)real : 0;
        }
    }
    if (!good) {
        return bad_value(key, text, why);
    }
    store(key, config, whole, real);
    return AGENT_OK;
}

void agent_config_get(const AgentConfig* config, int32_t key, char text[AGENT_VALUE]) {
    const AgentKey* k = &keys[key];
    double number = number_of(k, config);
    Names names = names_of(k->kind);
    if (names.count) {
        snprintf(text, AGENT_VALUE, "%s", names.text((int)number));
    } else if (k->kind == AGENT_KEY_LONG) {
        int64_t whole;
        memcpy(&whole, (const char*)config + k->offset, sizeof whole);
        snprintf(text, AGENT_VALUE, "%" PRId64, whole);
    } else if (k->kind == AGENT_KEY_INT ||
               (number >= 1 && number < 1e15 && number == floor(number))) {
        snprintf(text, AGENT_VALUE, "%.0f", number);
    } else { // the shortest that reads back as the same number
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, AGENT_VALUE, "%.*g", digits, number);
            if (strtod(text, NULL) == number) {
                break;
            }
        }
    }
}

static AgentStatus check_context(const AgentConfig* config, char why[AGENT_WHY]) {
    if (config->context == AGENT_CONTEXT_NONE) {
        return AGENT_OK;
    }
    if (config->rollout_steps % config->context_chunk) {
        snprintf(why, AGENT_WHY, "memory.chunk is %d, should divide ppo.rollout_steps = %d",
                 config->context_chunk, config->rollout_steps);
    } else if (config->minibatch % config->rollout_steps) {
        snprintf(why, AGENT_WHY,
                 "ppo.minibatch is %d, should with memory.kind %s be a multiple of "
                 "ppo.rollout_steps = %d: it learns from whole sequences",
                 config->minibatch, agent_context_name(config->context), config->rollout_steps);
    } else if (config->context_width % (2 * config->context_heads)) {
        snprintf(why, AGENT_WHY,
                 "memory.width is %d, should be a multiple of 2 x memory.heads = %d",
                 config->context_width, 2 * config->context_heads);
    } else if (config->bootstrap_truncated) {
        snprintf(why, AGENT_WHY,
                 "ppo.bootstrap_truncated is true, should be false with memory.kind "
                 "%s",
                 agent_context_name(config->context));
    } else {
        return AGENT_OK;
    }
    return AGENT_BAD_CONFIG;
}

AgentStatus agent_config_check(const AgentConfig* config, char why[AGENT_WHY]) {
    for (int32_t i = 0; i < KEYS; i++) {
        Names names = names_of(keys[i].kind);
        double number = number_of(&keys[i], config);
        double low = names.count ? 0 : keys[i].minimum;
        double high = names.count ? names.count - 1 : keys[i].maximum;
        if (!(number >= low && number <= high)) {
            char text[AGENT_VALUE];
            snprintf(text, sizeof text, "%.16g", number);
            return bad_value(&keys[i], text, why);
        }
    }
    int64_t rollout = (int64_t)config->worlds * config->rollout_steps;
    if (rollout > ROLLOUT_LIMIT) {
        snprintf(why, AGENT_WHY,
                 "world.count %d x ppo.rollout_steps %d is %" PRId64 ", should be at most %d",
                 config->worlds, config->rollout_steps, rollout, ROLLOUT_LIMIT);
        return AGENT_BAD_CONFIG;
    }
    if (config->minibatch > rollout || rollout % config->minibatch != 0) {
        snprintf(why, AGENT_WHY,
                 "ppo.minibatch is %d, should divide world.count x ppo.rollout_steps = %" PRId64,
                 config->minibatch, rollout);
        return AGENT_BAD_CONFIG;
    }
    int64_t history = config->distil_every * rollout;
    bool distils = config->distil_prediction || config->distil_matching;
    if (distils && history > ROLLOUT_LIMIT) {
        snprintf(why, AGENT_WHY,
                 "distil.every %d x world.count %d x ppo.rollout_steps %d is %" PRId64
                 " steps, should be at most %d",
                 config->distil_every, config->worlds, config->rollout_steps, history,
                 ROLLOUT_LIMIT);
        return AGENT_BAD_CONFIG;
    }
    if (config->distil_memory == AGENT_MEMORY_SET && config->latent < CAIRN_ACHIEVEMENTS) {
        snprintf(why, AGENT_WHY,
                 "network.latent is %d, should be at least %d for distil.memory set",
                 config->latent, CAIRN_ACHIEVEMENTS);
        return AGENT_BAD_CONFIG;
    }
    if (config->threads > config->worlds) {
        snprintf(why, AGENT_WHY, "compute.threads is %d, should be at most world.count = %d",
                 config->threads, config->worlds);
        return AGENT_BAD_CONFIG;
    }
    return check_context(config, why);
}
