// Inside of the recall task: its model, and what training (recall.c) and scoring (recall_score.c)
// have in common.
#pragma once
#include "runs/recall.h"

enum { RECALL_SCORE_ROWS = 64 };

typedef struct RecallView { // the model over some number of steps
    NetTensor type, key, value;
    NetCcmBranch branch;
    NetTensor log_prob; // [steps, VALUES]
} RecallView;

typedef struct RecallModel {
    NetGraph* graph;             // owned
    RecallView raw, whole, step; // raw: full context
    NetCcmBranch compress;
} RecallModel;

struct Recall {
    RecallSettings settings;
    RecallModel model;
    NetCcm* online; // RECALL_SCORE_ROWS
    NetReal *weights, *gradient, *mean, *square;
    size_t weight_count;
    RecallEpisode* batch;
    struct Worker* workers; // [threads]
    double recent;          // mean loss
};

// The model of full context: what a base is trained on.
NetCcmConfig recall_raw_config(const NetCcmConfig* config);
int32_t recall_steps(const RecallSettings* settings); // of an episode
// steps: of the episodes that are played online.
NetStatus recall_model_create(const RecallSettings* settings, int32_t steps, RecallModel* model,
                              char why[NET_WHY]);
NetStatus recall_online_create(const RecallSettings* settings, const RecallModel* model,
                               int32_t rows, int32_t steps, NetCcm** online, char why[NET_WHY]);
NetStatus recall_no_room(char why[NET_WHY]);
