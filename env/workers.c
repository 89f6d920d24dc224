// Persistent threads. A round of stepping takes microseconds to milliseconds, so who waits first
// spins for about as long as waking a thread would take, and then sleeps.
#include "env/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPINS = 2000 };

typedef struct Worker {
    Workers* workers;
    int32_t number;
    pthread_t thread;
} Worker;

struct Workers {
    int32_t count;
    int32_t started; // threads to join
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
    atomic_uint round;  // grows with each run; written under the mutex
    atomic_int pending; // workers that have not finished the round
    bool quit;
    WorkerJob* job;
    void* context;
    Worker worker[]; // [count], entry 0 unused
};

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void wait_for_round(Workers* workers, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&workers->round, memory_order_acquire) != seen) {
            return;
        }
        pause_briefly();
    }
    pthread_mutex_lock(&workers->mutex);
    while (atomic_load_explicit(&workers->round, memory_order_acquire) == seen) {
        pthread_cond_wait(&workers->begin, &workers->mutex);
    }
    pthread_mutex_unlock(&workers->mutex);
}

static void* work(void* argument) {
    Worker* worker = argument;
    Workers* workers = worker->workers;
    for (unsigned round = 0;; round++) {
        wait_for_round(workers, round);
        if (workers->quit) {
            return NULL;
        }
        workers->job(workers->context, worker->number);
        if (atomic_fetch_sub_explicit(&workers->pending, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&workers->mutex);
            pthread_cond_signal(&workers->end);
            pthread_mutex_unlock(&workers->mutex);
        }
    }
}

static void begin_round(Workers* workers) {
    pthread_mutex_lock(&workers->mutex);
    atomic_store_explicit(&workers->pending, workers->count - 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&workers->round, 1, memory_order_release);
    pthread_cond_broadcast(&workers->begin);
    pthread_mutex_unlock(&workers->mutex);
}

static void wait_for_end(Workers* workers) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&workers->pending, memory_order_acquire) == 0) {
            return;
        }
        pause_briefly();
    }
    pthread_mutex_lock(&workers->mutex);
    while (atomic_load_explicit(&workers->pending, memory_order_acquire) > 0) {
        pthread_cond_wait(&workers->end, &workers->mutex);
    }
    pthread_mutex_unlock(&workers->mutex);
}

void workers_run(Workers* workers, WorkerJob* job, void* context) {
    if (workers->count == 1) {
        job(context, 0);
        return;
    }
    workers->job = job;
    workers->context = context;
    begin_round(workers);
    job(context, 0);
    wait_for_end(workers);
}

CairnStatus workers_create(int32_t count, Workers** result, char why[CAIRN_WHY]) {
    *result = NULL;
    Workers* workers = calloc(1, sizeof *workers + (size_t)count * sizeof(Worker));
    if (!workers) {
        snprintf(why, CAIRN_WHY, "out of memory for %d threads", count);
        return CAIRN_OUT_OF_MEMORY;
    }
    workers->count = count;
    workers->started = 1;
    atomic_init(&workers->round, 0);
    atomic_init(&workers->pending, 0);
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->begin, NULL);
    pthread_cond_init(&workers->end, NULL);
    for (int32_t i = 1; i < count; i++) {
        workers->worker[i] = (Worker){.workers = workers, .number = i};
        int error = pthread_create(&workers->worker[i].thread, NULL, work, &workers->worker[i]);
        if (error) {
            snprintf(why, CAIRN_WHY, "only %d of %d threads could be started (%s); choose fewer", i,
                     count, strerror(error));
            workers_destroy(workers);
            return CAIRN_OUT_OF_MEMORY;
        }
        workers->started++;
    }
    *result = workers;
    return CAIRN_OK;
}

void workers_destroy(Workers* workers) {
    if (!workers) {
        return;
    }
    workers->quit = true;
    begin_round(workers);
    for (int32_t i = 1; i < workers->started; i++) {
        pthread_join(workers->worker[i].thread, NULL);
    }
    pthread_mutex_destroy(&workers->mutex);
    pthread_cond_destroy(&workers->begin);
    pthread_cond_destroy(&workers->end);
    free(workers);
}
