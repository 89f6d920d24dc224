// Learning from whole sequences (agent/context.h): the rollout of a world is one row of the
// transformer, with what was looked back on when it began as its constant past.
#pragma once
#include "agent/trainer.h"

typedef struct Sequence { // one thread's; borrows the trainer's network
    NetPlan* encode;      // [T] rows: observations -> latent
    NetPlan* recall;      // 1 row: latents and tokens -> contexts [T, context_width]
    NetPlan* decide;      // [T] rows: latent, memory, context -> log_prob, value
    NetCcmLayout* layout;
    int32_t *episode, *block; // [T]
} Sequence;

AgentStatus sequence_create(const AgentTrainer* trainer, Sequence** sequence, char why[AGENT_WHY]);
void sequence_destroy(Sequence* sequence); // NULL is allowed
size_t sequence_bytes(const Sequence* sequence);
void sequence_load(Sequence* sequence, const NetReal* weights);
// Policy and values of a world's whole rollout: log_prob [T, actions], value [T].
void sequence_forward(const AgentTrainer* trainer, Sequence* sequence, size_t world);
// From the gradients that were written to sequence->decide.
void sequence_backward(const AgentTrainer* trainer, Sequence* sequence, NetReal* d_weights);

// What a rollout begins with (rollout.c): keeps the past of the worker's worlds.
void sequence_begin(AgentTrainer* trainer, const Worker* worker);
