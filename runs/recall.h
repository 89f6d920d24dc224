// The recall task: 8 chunks of 10 steps (or of more: the setting chunk) bind keys to values among
// noise; the last step of a chunk asks for a key that was bound in this chunk or an earlier one. A
// model with a compressed memory is trained on the parallel schedule and scored by the recursion,
// step by step.
#pragma once
#include "nets/nets.h"

enum {
    RECALL_CHUNKS = 8,
    RECALL_CHUNK = 10, // steps, of the usual settings; never less
    RECALL_MOST_CHUNK = 32,
    RECALL_MOST_STEPS = RECALL_CHUNKS * RECALL_MOST_CHUNK,
    RECALL_KEYS = 32,
    RECALL_VALUES = 16,
    RECALL_BINDINGS = 2 // of a chunk
};
typedef enum RecallType { RECALL_NOISE, RECALL_BIND, RECALL_ASK, RECALL_TYPES } RecallType;

typedef struct RecallEpisode {
    int32_t type[RECALL_MOST_STEPS], key[RECALL_MOST_STEPS];
    int32_t value[RECALL_MOST_STEPS];  // a question's: no value
    int32_t answer[RECALL_MOST_STEPS]; // of questions, else -1
    int32_t age[RECALL_MOST_STEPS];    // of questions: chunks since the key was bound
} RecallEpisode;
// RECALL_CHUNKS chunks of `chunk` steps. No key is bound twice; noise has a random key and value.
void recall_draw(NetRandom* random, int32_t chunk, RecallEpisode* episode);

typedef struct RecallSettings {
    NetCcmConfig ccm; // of the memory
    int32_t updates;
    double rate; // Adam's, after a warm-up of 100 updates, then falling as a cosine to 0
    // The paper's recipe: these many updates on raw context first; then the memory's own weights
    // alone are trained. 0: all weights together.
    int32_t raw_updates;
    double raw_rate;
    int32_t batch, threads;
    int32_t chunk; // steps, [RECALL_CHUNK, RECALL_MOST_CHUNK]
    double norm;   // of the first embeddings of type, key and value
    uint64_t seed;
} RecallSettings;

// "rate=0.003": sets one by its name (runs/recall_settings.c). False: there is none such, or the
// value is out of its range.
bool recall_set(RecallSettings* settings, const char* assignment, char why[NET_WHY]);
// "updates=3000 rate=0.001 ...": each as recall_set reads it; usual (may be NULL): only those that
// differ from it.
enum { RECALL_DESCRIPTION = 512 };
void recall_describe(const RecallSettings* settings, const RecallSettings* usual, char* text,
                     size_t size);

typedef struct RecallScore {
    double past;               // share of right answers where the key is from an earlier chunk
    double own;                // and from the same chunk
    double age[RECALL_CHUNKS]; // by age
    int64_t asked[RECALL_CHUNKS];
    double loss; // moving average, which forgets over 100 updates, in nats
} RecallScore;

// What the specification demands of a score, percent: of bindings that are at least from_age chunks
// old, and of each such age.
typedef struct RecallBounds {
    int from_age;
    double least, most, every_age;
} RecallBounds;
bool recall_keeps(const RecallBounds* bounds, const RecallScore* score);

enum { RECALL_KINDS = 6 };
typedef struct RecallKind {
    const char* name;
    double reference; // the specification's score
    RecallBounds bounds;
    RecallSettings (*settings)(void);
} RecallKind;
extern const RecallKind recall_kinds[RECALL_KINDS];
RecallSettings recall_usual(void); // what kinds' settings differ from

typedef struct Recall Recall; // runs/recall_model.h
NetStatus recall_create(const RecallSettings* settings, Recall** recall, char why[NET_WHY]);
void recall_destroy(Recall* recall); // NULL is allowed
// tell (may be NULL) is called after each update.
NetStatus recall_train(Recall* recall, void (*tell)(void* context, int32_t update, double loss),
                       void* context, char why[NET_WHY]);
// Its weights now, with their names and places.
const NetReal* recall_weights(const Recall* recall, const NetParam** params, int32_t* count);
// Fresh episodes, played step by step.
void recall_score(Recall* recall, int32_t episodes, RecallScore* score);
// Bytes of keys and values that an episode keeps at its end of chunks gone by.
size_t recall_kv_bytes(const Recall* recall);
// Microseconds of a step of one world, `rows` in lockstep, near the end of episodes of `steps`
// steps: the median of some. Processor time of this thread.
NetStatus recall_time(const Recall* recall, int32_t rows, int32_t steps, double* microseconds,
                      char why[NET_WHY]);
