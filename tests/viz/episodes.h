// Episode files for the tests of the viewer.
#pragma once
#include "env/cairn.h"

// Seeded actions, as many as wanted (the world goes on after the player's death), and with `agent`
// all that a distilled agent says, made up. Same arguments, same file.
CairnStatus episode_write(const char* path, int64_t steps, int64_t seed, bool agent,
                          char why[CAIRN_WHY]);
