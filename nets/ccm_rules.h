// The rules of ccm.h that both schedules follow, beside who sees whom: positions, a chunk's last
// step, means. (Streams have their own: all that is cached is seen, where it stands in the cache.)
#pragma once
#include "nets/nets.h"

// Of a step in its episode, whose chunk began at step chunk_first of it.
int32_t ccm_step_position(const NetCcmConfig* config, int32_t order, int32_t chunk_first);
// Is this cached step of the chunk, and later than the last one found so far (NULL: none)?
bool ccm_is_last(const NetCcmPlace* place, int32_t block, const NetCcmPlace* last);
// Places and positions [n] of a chunk's COMP tokens, by its last step (NULL: there is no chunk).
void ccm_place_group(const NetCcmConfig* config, const NetCcmPlace* last, NetCcmPlace* group,
                     int32_t* position);
// Takes the chunk of this step or COMP token into a mean; returns its weight in it, > 0.
double ccm_next_mean(const NetCcmConfig* config, const NetCcmPlace* of, NetCcmPlace* mean);
