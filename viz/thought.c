// Channels of episode files as thoughts.
#include "viz/thought.h"

#include <math.h>
#include <string.h>

// The channel's entries of step t, or NULL when there is no channel of that kind.
static const void* entries(const CairnEpisode* episode, const char* name, CairnChannelType type,
                           int32_t width, int64_t t) {
    const CairnChannel* channel = NULL;
    const uint8_t* data = cairn_episode_channel(episode, name, &channel);
    if (!data || channel->type != type || channel->width != width) {
        return NULL;
    }
    size_t bytes = (type == CAIRN_CHANNEL_F32 ? sizeof(float) : 1) * (size_t)width;
    return data + (size_t)t * bytes;
}

// Copies numbers into the range; false when one is not finite.
static bool take(const float* from, int32_t count, float low, float high, float* to) {
    for (int32_t i = 0; i < count; i++) {
        if (!isfinite(from[i])) {
            return false;
        }
        to[i] = fminf(fmaxf(from[i], low), high);
    }
    return true;
}

static bool take_channel(const CairnEpisode* episode, const char* name, int64_t t, int32_t width,
                         float limit[2], float* to) {
    const float* from = entries(episode, name, CAIRN_CHANNEL_F32, width, t);
    return from && take(from, width, limit[0], limit[1], to);
}

void thought_of_episode(const CairnEpisode* episode, int64_t t, Thought* thought) {
    float any[] = {-1e9f, 1e9f}, share[] = {0, 1}, cosine[] = {-1, 1};
    *thought = (Thought){0};
    thought->has_value = take_channel(episode, "value", t, 1, any, &thought->value);
    thought->has_entropy = take_channel(episode, "entropy", t, 1, any, &thought->entropy);
    thought->has_probability =
        take_channel(episode, "action_prob", t, CAIRN_ACTIONS, share, thought->probability);
    const uint8_t* expects = entries(episode, "expects", CAIRN_CHANNEL_U8, THOUGHT_EXPECTS, t);
    thought->has_expects = expects != NULL;
    for (int i = 0; expects && i < THOUGHT_EXPECTS; i++) {
        thought->expects[i] = expects[i] < CAIRN_ACHIEVEMENTS ? expects[i] : THOUGHT_NOTHING;
    }
    thought->has_similarity =
        take_channel(episode, "similarity", t, THOUGHT_EXPECTS, cosine, thought->similarity);
}

void thought_parts(const CairnEpisode* episode, Thought* thought) {
    *thought = (Thought){
        .has_value = entries(episode, "value", CAIRN_CHANNEL_F32, 1, 0) != NULL,
        .has_entropy = entries(episode, "entropy", CAIRN_CHANNEL_F32, 1, 0) != NULL,
        .has_probability =
            entries(episode, "action_prob", CAIRN_CHANNEL_F32, CAIRN_ACTIONS, 0) != NULL,
        .has_expects = entries(episode, "expects", CAIRN_CHANNEL_U8, THOUGHT_EXPECTS, 0) != NULL,
        .has_similarity =
            entries(episode, "similarity", CAIRN_CHANNEL_F32, THOUGHT_EXPECTS, 0) != NULL};
}
