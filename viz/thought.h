// What an agent said in a state, before it acted: from an episode file's channels or from an agent
// that plays. Every part is optional.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "env/cairn.h"

enum { THOUGHT_EXPECTS = 3, THOUGHT_NOTHING = 255 };

typedef struct Thought {
    bool has_value, has_entropy, has_probability, has_expects, has_similarity;
    float value;                       // expected return, finite
    float entropy;                     // nats, finite
    float probability[CAIRN_ACTIONS];  // [0, 1]
    uint8_t expects[THOUGHT_EXPECTS];  // achievements, the likeliest first; 255 = none
    float similarity[THOUGHT_EXPECTS]; // cosines, [-1, 1]
} Thought;

// What the episode's channels say at step t in [0, length). Channels of another type or width than
// expected, and numbers that are not finite, count as absent.
void thought_of_episode(const CairnEpisode* episode, int64_t t, Thought* thought);
// Which parts some step of the episode may have: a Thought of which only the has_* count.
void thought_parts(const CairnEpisode* episode, Thought* thought);
