// A checkpoint on disk and in memory, to be damaged.
#pragma once
#include "agent/agent.h"

typedef struct Saved { // owns both
    char* path;
    unsigned char* bytes;
    size_t size;
} Saved;

// Of the trainer, with the blob "blob"; fails the running test when it cannot be written.
void saved_make(const AgentTrainer* trainer, AgentCheckpointKind kind, Saved* saved);
void saved_drop(Saved* saved);      // the file too
void saved_sum(const Saved* saved); // writes size and checksum that are right for the bytes
// Tries bytes on a trainer: refused, the message names the file and contains `part`, the trainer is
// as it was.
void saved_refuse(AgentTrainer* trainer, const void* bytes, size_t size, const char* part);
// Another trainer, with the file of this one (which is destroyed) as all there is to go on from.
AgentTrainer* saved_and_loaded(AgentTrainer* trainer);
