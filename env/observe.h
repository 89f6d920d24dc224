// Observations that are not pictures. Internal to env/.
#pragma once
#include "env/world.h"

CairnObject observe_object(const World* world, const Object* object);
// What lies in a cell; CAIRN_NOTHING when it is empty or outside.
CairnObject observe_cell(const World* world, int32_t x, int32_t y);

void observe_tiles(const World* world, uint8_t* tiles);       // [local_rows, local_columns, 2]
void observe_status(const World* world, float* status);       // [CAIRN_STATUS_SIZE]
void observe_semantic(const World* world, uint8_t* semantic); // [width, height]
