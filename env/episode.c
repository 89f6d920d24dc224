// Episodes in memory: finding what an agent said, and playing them again. episode_read.c and
// recorder.c are the file's two sides.
#include "env/episode.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const void* cairn_episode_channel(const CairnEpisode* episode, const char* name,
                                  const CairnChannel** channel) {
    for (int32_t c = 0; c < episode->channel_count; c++) {
        if (strcmp(episode->channel[c].name, name) == 0) {
            if (channel != NULL) {
                *channel = &episode->channel[c];
            }
            return episode->data[c];
        }
    }
    return NULL;
}

CairnStatus cairn_episode_open(const CairnEpisode* episode, const CairnTextures* textures,
                               const CairnOutput* output, Cairn** worlds, char why[CAIRN_WHY]) {
    CairnConfig config = episode->config;
    config.textures = textures;
    const CairnStatus status = cairn_create(&config, worlds, why);
    if (status != CAIRN_OK) {
        return status;
    }
    const CairnOutput nothing = {0};
    const CairnStatus begun =
        cairn_reset_world(*worlds, 0, episode->episode, output != NULL ? output : &nothing);
    assert(begun == CAIRN_OK); // one world, and loading refuses episode 0
    (void)begun;
    return CAIRN_OK;
}

// What playing again gives; compared with the episode's own summary.
typedef struct Replay {
    int64_t length; // up to the step that ended it
    double total_reward;
    uint8_t terminated, truncated;
    int32_t achievements[CAIRN_ACHIEVEMENTS];
} Replay;

static void play(Cairn* worlds, const CairnEpisode* episode, Replay* replay) {
    double reward = 0;
    const CairnOutput output = {.reward = &reward,
                                .terminated = &replay->terminated,
                                .truncated = &replay->truncated,
                                .achievements = replay->achievements};
    for (int64_t t = 0; t < episode->length && !replay->terminated && !replay->truncated; t++) {
        const int32_t action = episode->action[t];
        cairn_step(worlds, &action, &output);
        replay->total_reward += reward; // the recorder's order of additions
        replay->length++;
    }
}

static CairnStatus compare(const CairnEpisode* episode, const Replay* replay, char why[CAIRN_WHY]) {
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        if (replay->achievements[a] != episode->achievements[a]) {
            snprintf(why, CAIRN_WHY, "the episode says %s %d times, playing it again gives %d",
                     cairn_achievement_name(a), episode->achievements[a], replay->achievements[a]);
            return CAIRN_BAD_DATA;
        }
    }
    if (replay->length != episode->length) {
        snprintf(why, CAIRN_WHY, "the episode says %lld steps, playing it again ends after %lld",
                 (long long)episode->length, (long long)replay->length);
        return CAIRN_BAD_DATA;
    }
    if (replay->terminated != episode->terminated || replay->truncated != episode->truncated) {
        snprintf(why, CAIRN_WHY,
                 "the episode says terminated %d, truncated %d, playing it again gives %d, %d",
                 episode->terminated, episode->truncated, replay->terminated, replay->truncated);
        return CAIRN_BAD_DATA;
    }
    if (replay->total_reward != episode->total_reward) {
        snprintf(why, CAIRN_WHY, "the episode says return %.17g, playing it again gives %.17g",
                 episode->total_reward, replay->total_reward);
        return CAIRN_BAD_DATA;
    }
    return CAIRN_OK;
}

CairnStatus cairn_episode_verify(const CairnEpisode* episode, char why[CAIRN_WHY]) {
    Cairn* worlds = NULL;
    const CairnStatus status = cairn_episode_open(episode, NULL, NULL, &worlds, why);
    if (status != CAIRN_OK) {
        return status;
    }
    Replay replay = {0};
    play(worlds, episode, &replay);
    cairn_destroy(worlds);
    return compare(episode, &replay, why);
}
