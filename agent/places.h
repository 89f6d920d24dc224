// Inside of AgentPlaces, for its tests.
#pragma once
#include "agent/agent.h"
#include "agent/probe_samples.h"
#include "agent/sights.h"

typedef enum Direction { NORTH, EAST, SOUTH, WEST, DIRECTIONS } Direction;

struct AgentPlaces {
    Sights sights;
    ProbeSamples samples; // of latents and of what the memory gives; labels: Direction by place
};
