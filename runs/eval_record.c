// Episode files of an evaluation. The traces hold no rewards, so each episode is played again in a
// world of its own; that its end is the same is checked on the way.
#include "runs/eval_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct EvalRecorder {
    char folder[RUN_PATH];
    int64_t seed;
    Cairn* world; // owns
    CairnRecorder* recorder;
};

// The last two only where the agent has expectations.
static const CairnChannel channels[] = {{"value", CAIRN_CHANNEL_F32, 1},
                                        {"entropy", CAIRN_CHANNEL_F32, 1},
                                        {"action_prob", CAIRN_CHANNEL_F32, CAIRN_ACTIONS},
                                        {"expects", CAIRN_CHANNEL_U8, AGENT_EXPECTED},
                                        {"similarity", CAIRN_CHANNEL_F32, AGENT_EXPECTED}};
enum { CHANNELS = sizeof channels / sizeof channels[0], PLAIN_CHANNELS = 3 };

bool eval_recorder_create(const char* folder, const AgentPolicy* policy, int64_t seed,
                          EvalRecorder** result, char why[RUN_WHY]) {
    const AgentConfig* config = agent_policy_config(policy);
    *result = NULL;
    if (run_folder_state(folder, why) == RUN_FOLDER_UNUSABLE || !run_folder_create(folder, why)) {
        return false;
    }
    EvalRecorder* recorder = calloc(1, sizeof *recorder);
    if (!recorder) {
        snprintf(why, RUN_WHY, "out of memory");
        return false;
    }
    snprintf(recorder->folder, sizeof recorder->folder, "%s", folder);
    recorder->seed = seed;
    CairnConfig world = cairn_default_config();
    world.seeds = &seed;
    world.area_width = config->area_width, world.area_height = config->area_height;
    world.length = config->length;
    world.auto_reset = false;
    char message[CAIRN_WHY];
    if (cairn_create(&world, &recorder->world, message) != CAIRN_OK ||
        cairn_recorder_create(&world, seed, channels,
                              agent_policy_predicts(policy) ? CHANNELS : PLAIN_CHANNELS,
                              &recorder->recorder, message) != CAIRN_OK) {
        snprintf(why, RUN_WHY, "%s", message);
        eval_recorder_destroy(recorder);
        return false;
    }
    *result = recorder;
    return true;
}

void eval_recorder_destroy(EvalRecorder* recorder) {
    if (recorder) {
        cairn_recorder_destroy(recorder->recorder);
        cairn_destroy(recorder->world);
        free(recorder);
    }
}

typedef struct End { // of the episode as it is played again
    uint8_t terminated, truncated;
    int32_t achievements[CAIRN_ACHIEVEMENTS];
    double reward;
} End;

static bool play_again(EvalRecorder* recorder, const AgentEpisode* episode, const AgentTrace* trace,
                       End* end, char why[CAIRN_WHY]) {
    double reward = 0;
    CairnOutput output = {.reward = &reward,
                          .terminated = &end->terminated,
                          .truncated = &end->truncated,
                          .achievements = end->achievements};
    cairn_reset_world(recorder->world, 0, (uint64_t)episode->number, &output);
    cairn_recorder_begin(recorder->recorder, (uint64_t)episode->number);
    for (int32_t t = 0; t < episode->length; t++) {
        cairn_step(recorder->world, &trace->action[t], &output);
        const void* data[CHANNELS] = {&trace->value[t], &trace->entropy[t],
                                      &trace->probability[(size_t)t * CAIRN_ACTIONS],
                                      &trace->expects[(size_t)t * AGENT_EXPECTED],
                                      &trace->similarity[(size_t)t * AGENT_EXPECTED]};
        if (cairn_recorder_step(recorder->recorder, trace->action[t], reward, data, why) !=
            CAIRN_OK) {
            return false;
        }
        end->reward += reward;
    }
    return true;
}

static bool same_end(const AgentEpisode* episode, const End* end) {
    return memcmp(end->achievements, episode->achievements, sizeof end->achievements) == 0 &&
           (end->terminated || end->truncated) && end->terminated == episode->terminated &&
           end->reward >= episode->reward && end->reward <= episode->reward;
}

bool eval_record(EvalRecorder* recorder, const AgentEpisode* episode, const AgentTrace* trace,
                 char why[RUN_WHY]) {
    End end = {0};
    char message[CAIRN_WHY];
    if (!play_again(recorder, episode, trace, &end, message)) {
        snprintf(why, RUN_WHY, "%s", message);
        return false;
    }
    if (!same_end(episode, &end)) {
        snprintf(why, RUN_WHY, "episode %" PRId64 " plays again to another end: please report this",
                 episode->number);
        return false;
    }
    int unlocked = 0;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        unlocked += episode->achievements[k] > 0;
    }
    char name[128], path[RUN_PATH];
    snprintf(name, sizeof name, "seed%" PRId64 "-episode%06" PRId64 "-ach%02d-len%" PRId32 ".cairn",
             recorder->seed, episode->number, unlocked, episode->length);
    run_path(path, recorder->folder, name);
    if (cairn_recorder_save(recorder->recorder, path, end.achievements, end.terminated,
                            end.truncated, message) != CAIRN_OK) {
        snprintf(why, RUN_WHY, "%s", message);
        return false;
    }
    return true;
}
