// Inside of AgentPlaces, for its tests.
#pragma once
#include "agent/agent.h"
#include "agent/probe_samples.h"

typedef enum Direction { NORTH, EAST, SOUTH, WEST, DIRECTIONS } Direction;

struct AgentPlaces {
    Cairn* world;
    int32_t columns, rows, width, height; // of the view, of the area
    uint8_t* tiles;                       // [rows, columns, 2]
    int32_t position[2];
    uint8_t ended[2];
    uint8_t* seen;        // [height, width] materials as they were last seen; CAIRN_OUTSIDE: never
    ProbeSamples samples; // of latents and of what the memory gives; labels: Direction by place
};
