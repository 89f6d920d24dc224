// Whole files in and out, for the formats of this folder.
#pragma once
#include "env/cairn.h"

// Reads a regular file of at most `limit` bytes. The caller frees *bytes, which is NULL on failure.
// CAIRN_IO: the system refused; CAIRN_BAD_DATA: not a regular file, or larger than the limit. The
// message names the file.
CairnStatus env_file_read(const char* path, size_t limit, uint8_t** bytes, size_t* size,
                          char why[CAIRN_WHY]);

// Writes to "<path>.tmp", flushes it to the disk and renames it, so that `path` is at every moment
// the old file or the new one. On failure the temporary file is removed and `path` is as before.
CairnStatus env_file_write(const char* path, const void* bytes, size_t size, char why[CAIRN_WHY]);

// The path as messages show it: its end when it is long, so that the reason still fits.
const char* env_file_shown(const char* path);
