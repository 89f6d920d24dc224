// An agent of a checkpoint that plays one world. The only file that knows agent/.
#pragma once
#include "env/cairn.h"
#include "viz/thought.h"

enum { AGENT_PLAYER_WHY = 512 };

typedef struct AgentPlayer AgentPlayer; // owns the policy and its random stream

// name: a checkpoint file, or a run's folder for its newest. greedy: the most probable action
// instead of a drawn one. On failure *player is NULL and why is one line that names the file.
bool agent_player_create(const char* name, bool greedy, AgentPlayer** player,
                         char why[AGENT_PLAYER_WHY]);
void agent_player_destroy(AgentPlayer* player); // NULL is allowed
// The worlds that it was trained on: area, length and observation; the seed is the default's.
CairnConfig agent_player_config(const AgentPlayer* player);
int64_t agent_player_trained(const AgentPlayer* player); // environment steps
Thought agent_player_parts(const AgentPlayer* player);   // which has_* its thoughts have

// Begins an episode. Its actions are drawn as `cairn eval --seed seed` draws them in that episode.
void agent_player_begin(AgentPlayer* player, int64_t seed, uint64_t episode);
// Where what it is to see goes, before it thinks; owned by the player.
const CairnObservation* agent_player_eyes(const AgentPlayer* player);
// Looks at that, once per state, whoever acts; says what it thinks and would do. led_here: the
// action that did, the agent's or a person's; negative: the episode begins. unlocked: bit k: it
// unlocked achievement k.
int32_t agent_player_think(AgentPlayer* player, int32_t led_here, uint32_t unlocked,
                           Thought* thought);
