// What the network sees, many rows of it: pictures, or cells with a status vector; and perhaps what
// the episode has unlocked, which no picture shows.
#pragma once
#include "agent/agent.h"
#include "agent/block.h"
#include "agent/network.h"
#include "agent/pack.h"

typedef struct Observations { // borrowed arrays; what the encoder does not use is NULL
    uint8_t* pixels;          // [rows, AGENT_PIXELS]
    uint8_t* tiles;           // [rows, OBSERVATION_TILES]
    float* status;            // [rows, CAIRN_STATUS_SIZE]
    uint32_t* unlocked; // [rows] bit k: achievement k, in this episode; not the world's to write
} Observations;

enum { OBSERVATION_ROWS = 7, OBSERVATION_COLUMNS = 9 };
enum { OBSERVATION_TILES = OBSERVATION_ROWS * OBSERVATION_COLUMNS * 2 };

Observations observations_take(const AgentConfig* config, Block* block, size_t rows);
// The same memory from the given row on.
Observations observations_from(const Observations* observations, size_t row);
// As the world writes them.
CairnObservation observations_output(const Observations* observations);
// Those of a caller, which are only read. unlocked [rows]: NULL where the network does not see it.
Observations observations_of(const CairnObservation* observation, uint32_t* unlocked);
void observations_copy(const Observations* to, size_t to_row, const Observations* from,
                       size_t from_row, size_t rows);
// Into row `place` of the inputs of a plan that has the network's encoder.
void observations_put(const Network* network, NetPlan* plan, size_t place,
                      const Observations* observations, size_t row);
size_t observations_bytes(const AgentConfig* config); // of a row
void observations_pack(PackWriter* writer, const Observations* observations, size_t rows);
void observations_unpack(PackReader* reader, const Observations* observations, size_t rows);
