// A log that only grows, whose length is known at every moment: a resumed run cuts it back to the
// length it had when the checkpoint was saved and continues from there.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runs/run_folder.h"

typedef struct LogFile {
    int file; // descriptor, -1 = not open
    uint64_t size;
    char path[RUN_PATH];
} LogFile;

// Opens (or makes) the file and cuts it to `size`. A shorter file is refused: something else
// changed it. On failure log->file is -1.
bool log_open(LogFile* log, const char* path, uint64_t size, char why[RUN_WHY]);
// false leaves a part of the bytes behind at worst; log->size still counts whole appends only.
bool log_append(LogFile* log, const void* bytes, size_t size, char why[RUN_WHY]);
bool log_sync(const LogFile* log, char why[RUN_WHY]); // to the disk
void log_close(LogFile* log);
