// An optimiser step from gradients that several threads have computed.
#include <math.h>
#include <string.h>

#include "agent/trainer.h"

// Sums the threads' gradients over the worker's range of the weights into the first thread's.
static void reduce_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    Worker* worker = &trainer->workers[thread];
    NetReal* total = trainer->workers[0].gradient + worker->weight_first;
    for (int32_t other = 1; other < trainer->config.threads; other++) {
        const NetReal* part = trainer->workers[other].gradient + worker->weight_first;
        for (size_t i = 0; i < worker->weight_count; i++) {
            total[i] += part[i];
        }
    }
    worker->square_sum = net_square_sum(total, worker->weight_count);
}

static void adam_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    const Worker* worker = &trainer->workers[thread];
    net_adam_update(trainer->update.adam, worker->weight_first, worker->weight_count,
                    trainer->update.scale, trainer->workers[0].gradient, trainer->weights);
}

double optimise(AgentTrainer* trainer, NetAdam* adam, void (*job)(void* context, int32_t thread),
                void* context) {
    for (int32_t i = 0; i < trainer->config.threads; i++) {
        memset(trainer->workers[i].gradient, 0,
               trainer->weight_count * sizeof *trainer->workers[i].gradient);
    }
    cairn_parallel(trainer->worlds, job, context);
    cairn_parallel(trainer->worlds, reduce_job, trainer);
    double square_sum = 0;
    for (int32_t i = 0; i < trainer->config.threads; i++) {
        square_sum += trainer->workers[i].square_sum;
    }
    double norm = sqrt(square_sum);
    if (isfinite(norm)) {
        trainer->update = (Update){adam, net_clip_scale(norm, trainer->config.gradient_limit)};
        adam->updates++;
        trainer->progress.updates++;
        cairn_parallel(trainer->worlds, adam_job, trainer);
    }
    return norm;
}
