// Threads that wait for work: a handle's own. Internal to env/.
#pragma once
#include "env/cairn.h"

typedef struct Workers Workers;
typedef void WorkerJob(void* context, int32_t thread);

// `count` threads in all; the caller of workers_run is number 0, so count - 1 are started.
CairnStatus workers_create(int32_t count, Workers** workers, char why[CAIRN_WHY]);
void workers_destroy(Workers* workers); // NULL is allowed

// Runs job(context, i) for i in [0, count), each on its thread, and waits for all.
void workers_run(Workers* workers, WorkerJob* job, void* context);
