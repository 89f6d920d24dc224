// Checkpoints as bytes, apart from files.
#pragma once
#include "agent/agent.h"

// The caller frees *bytes.
AgentStatus checkpoint_make(const AgentTrainer* trainer, AgentCheckpointKind kind, const void* blob,
                            size_t blob_size, unsigned char** bytes, size_t* size,
                            char why[AGENT_WHY]);

typedef struct CheckpointView { // points into the bytes it was read from
    AgentCheckpointInfo info;
    const unsigned char* blob;    // [info.blob_size]
    const unsigned char* learned; // [learned_size] progress, normaliser, weights, then (full) the
                                  // rest of the state
    size_t learned_size;
} CheckpointView;

size_t checkpoint_prototypes(const AgentConfig* config); // numbers, 0 without distillation

// Checks everything that can be checked without a network. `name` stands for the file in messages.
AgentStatus checkpoint_view(const void* bytes, size_t size, const char* name, CheckpointView* view,
                            char why[AGENT_WHY]);
// As agent_checkpoint_load, agent_policy_load, from bytes.
AgentStatus checkpoint_restore(AgentTrainer* trainer, const void* bytes, size_t size,
                               const char* name, void** blob, size_t* blob_size,
                               char why[AGENT_WHY]);
AgentStatus checkpoint_policy(const void* bytes, size_t size, const char* name,
                              const AgentPolicyConfig* config, AgentPolicy** policy,
                              char why[AGENT_WHY]);
