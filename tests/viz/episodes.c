#include <math.h>

#include "tests/viz/episodes.h"

static uint32_t draw(uint64_t* state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

// Mostly walks on in one direction, works on what is there, now and then does something else.
static int32_t choose(uint64_t* state, int32_t last) {
    const uint32_t roll = draw(state) % 100;
    if (roll < 45 && last >= CAIRN_MOVE_LEFT && last <= CAIRN_MOVE_DOWN) {
        return last;
    }
    if (roll < 75) {
        return CAIRN_DO;
    }
    if (roll < 92) {
        return CAIRN_MOVE_LEFT + (int32_t)(draw(state) % 4);
    }
    return (int32_t)(draw(state) % CAIRN_ACTIONS);
}

typedef struct Said {
    float value, entropy, probability[CAIRN_ACTIONS], similarity[3];
    uint8_t expects[3];
} Said;

static void say(uint64_t* state, int64_t t, int32_t action, Said* said) {
    float sum = 0;
    said->value = 2.0f + sinf((float)t / 40) + 0.1f * (float)(draw(state) % 10);
    said->entropy = 0;
    for (int a = 0; a < CAIRN_ACTIONS; a++) {
        said->probability[a] = (float)(1 + draw(state) % 20 + (a == action ? 60 : 0));
        sum += said->probability[a];
    }
    for (int a = 0; a < CAIRN_ACTIONS; a++) {
        said->probability[a] /= sum;
        said->entropy -= said->probability[a] * logf(said->probability[a]);
    }
    for (int i = 0; i < 3; i++) {
        said->expects[i] = t % 50 == 49 && i == 2 ? 255 : (uint8_t)((t / 30 + 7 * i) % 22);
        said->similarity[i] = 0.9f - 0.25f * (float)i + 0.1f * cosf((float)t / 9);
    }
}

static CairnStatus record(const char* path, int64_t steps, uint64_t seed, Cairn* world,
                          CairnRecorder* recorder, char why[CAIRN_WHY]) {
    double reward = 0;
    uint8_t terminated = 0, truncated = 0;
    int32_t achievements[CAIRN_ACHIEVEMENTS] = {0}, action = CAIRN_NOOP;
    const CairnOutput output = {.reward = &reward,
                                .terminated = &terminated,
                                .truncated = &truncated,
                                .achievements = achievements};
    uint64_t actions = seed, words = ~seed;
    cairn_reset(world, &output);
    cairn_recorder_begin(recorder, 1);
    for (int64_t t = 0; t < steps; t++) {
        Said said;
        action = choose(&actions, action);
        say(&words, t, action, &said);
        const void* data[] = {&said.value, &said.entropy, said.probability, said.expects,
                              said.similarity};
        cairn_step(world, &action, &output); // goes on after death, so that any length is had
        CairnStatus status = cairn_recorder_step(recorder, action, reward, data, why);
        if (status != CAIRN_OK) {
            return status;
        }
    }
    return cairn_recorder_save(recorder, path, achievements, terminated, truncated, why);
}

CairnStatus episode_write(const char* path, int64_t steps, int64_t seed, bool agent,
                          char why[CAIRN_WHY]) {
    static const CairnChannel channels[] = {{"value", CAIRN_CHANNEL_F32, 1},
                                            {"entropy", CAIRN_CHANNEL_F32, 1},
                                            {"action_prob", CAIRN_CHANNEL_F32, CAIRN_ACTIONS},
                                            {"expects", CAIRN_CHANNEL_U8, 3},
                                            {"similarity", CAIRN_CHANNEL_F32, 3}};
    CairnConfig config = cairn_default_config();
    config.seed = seed;
    config.auto_reset = false;
    Cairn* world = NULL;
    CairnRecorder* recorder = NULL;
    CairnStatus status = cairn_create(&config, &world, why);
    if (status == CAIRN_OK) {
        status = cairn_recorder_create(&config, seed, channels, agent ? 5 : 0, &recorder, why);
    }
    if (status == CAIRN_OK) {
        status = record(path, steps, (uint64_t)seed, world, recorder, why);
    }
    cairn_recorder_destroy(recorder);
    cairn_destroy(world);
    return status;
}
