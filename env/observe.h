// Observations that are not pictures. Internal to env/.
#pragma once
#include "env/world.h"

CairnObject observe_object(const World* world, const Object* object);
void observe_tiles(const World* world, uint8_t* tiles);       // [local_rows, local_columns, 2]
void observe_status(const World* world, float* status);       // [CAIRN_STATUS_SIZE]
void observe_semantic(const World* world, uint8_t* semantic); // [width, height]
