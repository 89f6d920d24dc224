// Whole files in and out. Every message names the file.
#pragma once
#include "agent/agent.h"

const char* file_shown(const char* path); // the end of a long path, so that a reason fits beside it
// The caller frees *bytes. AGENT_IO or AGENT_OUT_OF_MEMORY.
AgentStatus file_read(const char* path, unsigned char** bytes, size_t* size, char why[AGENT_WHY]);
// Writes "<path>.tmp", syncs it and renames it: `path` is at every moment the old file or the new.
AgentStatus file_write(const char* path, const void* bytes, size_t size, char why[AGENT_WHY]);
