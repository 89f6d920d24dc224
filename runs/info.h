// What a file or folder holds, as a JSON object that `cairn info` prints either way.
#pragma once
#include <jansson.h>
#include <stdbool.h>

enum { INFO_WHY = 2048 };

// NULL: `why` names the file and what is wrong with it. The caller owns the object.
json_t* info_checkpoint(const char* path, char why[INFO_WHY]);
json_t* info_episode(const char* path, char why[INFO_WHY]);
json_t* info_run(const char* folder, char why[INFO_WHY]);
// Looks at what is there and picks one of the above.
json_t* info_describe(const char* path, char why[INFO_WHY]);
