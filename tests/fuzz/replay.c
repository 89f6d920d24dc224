// main() of a fuzz target when libFuzzer is not linked: gives the target every file of a folder as
// it is, cut short at many lengths, and with bytes changed at places drawn from a fixed stream, so
// that a plain test run covers damaged input too.
//
//     fuzz_NAME FOLDER
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS = 40, CHANGES = 200, PATH_LIMIT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static uint64_t next_random(uint64_t* state) { // splitmix64
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// The target gets a block of exactly its size, so that a sanitizer sees a read past the end.
static void feed(const uint8_t* data, size_t size) {
    uint8_t* copy = malloc(size ? size : 1);
    if (!copy) {
        abort();
    }
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t feed_damaged(uint8_t* data, size_t size) {
    uint64_t state = size;
    size_t fed = 1;
    feed(data, size);
    for (size_t i = 0; i < CUTS && i < size; i++, fed++) {
        feed(data, size < CUTS ? i : next_random(&state) % size);
    }
    for (size_t i = 0; i < CHANGES && size > 0; i++, fed++) {
        size_t place = next_random(&state) % size;
        uint8_t before = data[place];
        // A single bit, or a byte that is an extreme count or sign.
        static const uint8_t extremes[] = {0x00, 0xff, 0x7f, 0x80};
        data[place] = i % 2 ? before ^ (uint8_t)(1u << next_random(&state) % 8)
                            : extremes[next_random(&state) % sizeof extremes];
        feed(data, size);
        data[place] = before;
    }
    return fed;
}

static uint8_t* read_file(const char* path, size_t* size) {
    FILE* file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t* data = malloc(*size ? *size : 1);
    if (data && fread(data, 1, *size, file) != *size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

int main(int argc, char** argv) {
    DIR* folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    size_t files = 0, fed = 0;
    for (const struct dirent* entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[PATH_LIMIT];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        size_t size = 0;
        uint8_t* data = read_file(path, &size);
        if (!data) {
            fprintf(stderr, "%s: cannot be read\n", path);
            closedir(folder);
            return 1;
        }
        fed += feed_damaged(data, size);
        files++;
        free(data);
    }
    closedir(folder);
    printf("  ok   %s: %zu files, %zu inputs\n", argv[0], files, fed);
    return files > 0 ? 0 : 1;
}
