// Writes episode files; episode.h has the layout.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/episode.h"
#include "env/file.h"

struct CairnRecorder {
    CairnConfig config;       // seed is the world's own
    uint64_t episode;         // 0 before the first begin
    int64_t length, capacity; // steps recorded, steps that fit
    double total_reward;
    uint8_t* action; // owned [capacity]
    int32_t channel_count;
    CairnChannel channel[CAIRN_CHANNELS_MAX];
    uint8_t* data[CAIRN_CHANNELS_MAX]; // owned [capacity, width] of the channel's type
};

CairnStatus cairn_recorder_create(const CairnConfig* config, int64_t seed,
                                  const CairnChannel* channels, int32_t channel_count,
                                  CairnRecorder** recorder, char why[CAIRN_WHY]) {
    *recorder = NULL;
    const char* problem = episode_channels_problem(channels, channel_count);
    if (problem != NULL) {
        snprintf(why, CAIRN_WHY, "recording an episode: %s", problem);
        return CAIRN_BAD_ARGUMENT;
    }
    CairnRecorder* made = calloc(1, sizeof *made);
    if (made == NULL) {
        snprintf(why, CAIRN_WHY, "out of memory for recording an episode");
        return CAIRN_OUT_OF_MEMORY;
    }
    made->config = *config;
    made->config.seed = seed;
    made->config.seeds = NULL;
    made->config.textures = NULL;
    made->channel_count = channel_count;
    for (int32_t c = 0; c < channel_count; c++) {
        // Zeros after the name: the file stores all of it.
        strncpy(made->channel[c].name, channels[c].name, CAIRN_CHANNEL_NAME - 1);
        made->channel[c].type = channels[c].type;
        made->channel[c].width = channels[c].width;
    }
    *recorder = made;
    return CAIRN_OK;
}

void cairn_recorder_destroy(CairnRecorder* recorder) {
    if (recorder == NULL) {
        return;
    }
    for (int32_t c = 0; c < recorder->channel_count; c++) {
        free(recorder->data[c]);
    }
    free(recorder->action);
    free(recorder);
}

void cairn_recorder_begin(CairnRecorder* recorder, uint64_t episode) {
    assert(episode >= 1);
    recorder->episode = episode;
    recorder->length = 0;
    recorder->total_reward = 0;
}

static bool grow_block(uint8_t** block, size_t size) {
    uint8_t* larger = realloc(*block, size);
    if (larger == NULL) {
        return false;
    }
    *block = larger;
    return true;
}

// Room for one more step.
static CairnStatus grow(CairnRecorder* recorder, char why[CAIRN_WHY]) {
    enum { FIRST_CAPACITY = 1024 };
    if (recorder->length < recorder->capacity) {
        return CAIRN_OK;
    }
    const int64_t capacity = recorder->capacity > 0 ? 2 * recorder->capacity : FIRST_CAPACITY;
    bool grown = grow_block(&recorder->action, (size_t)capacity);
    for (int32_t c = 0; grown && c < recorder->channel_count; c++) {
        const size_t entry = episode_entry_bytes(&recorder->channel[c]);
        grown = grow_block(&recorder->data[c], (size_t)capacity * entry);
    }
    if (!grown) {
        snprintf(why, CAIRN_WHY, "out of memory after %lld recorded steps",
                 (long long)recorder->length);
        return CAIRN_OUT_OF_MEMORY;
    }
    recorder->capacity = capacity;
    return CAIRN_OK;
}

CairnStatus cairn_recorder_step(CairnRecorder* recorder, int32_t action, double reward,
                                const void* const* data, char why[CAIRN_WHY]) {
    assert(recorder->episode >= 1); // begin first
    assert(action >= 0 && action < CAIRN_ACTIONS);
    const size_t step_bytes = episode_step_bytes(recorder->channel, recorder->channel_count);
    if (recorder->length >= CAIRN_EPISODE_STEPS_MAX ||
        (size_t)(recorder->length + 1) * step_bytes > CAIRN_EPISODE_BYTES_MAX) {
        snprintf(why, CAIRN_WHY,
                 "the episode is too long to record: %lld steps of %zu bytes; at most %d steps and "
                 "%d bytes",
                 (long long)recorder->length + 1, step_bytes, CAIRN_EPISODE_STEPS_MAX,
                 CAIRN_EPISODE_BYTES_MAX);
        return CAIRN_BAD_ARGUMENT;
    }
    const CairnStatus status = grow(recorder, why);
    if (status != CAIRN_OK) {
        return status;
    }
    const size_t t = (size_t)recorder->length;
    recorder->action[t] = (uint8_t)action;
    for (int32_t c = 0; c < recorder->channel_count; c++) {
        const size_t entry = episode_entry_bytes(&recorder->channel[c]);
        memcpy(recorder->data[c] + t * entry, data[c], entry);
    }
    recorder->total_reward += reward;
    recorder->length++;
    return CAIRN_OK;
}

static void put_header(ByteWriter* writer, const CairnRecorder* recorder,
                       const int32_t achievements[CAIRN_ACHIEVEMENTS], bool terminated,
                       bool truncated) {
    const CairnConfig* config = &recorder->config;
    bytes_put(writer, episode_magic, EPISODE_MAGIC_BYTES);
    bytes_put_u32(writer, EPISODE_VERSION);
    bytes_put_u32(writer, (uint32_t)config->mode);
    bytes_put_u32(writer, (uint32_t)config->area_width);
    bytes_put_u32(writer, (uint32_t)config->area_height);
    bytes_put_u32(writer, (uint32_t)config->view_width);
    bytes_put_u32(writer, (uint32_t)config->view_height);
    bytes_put_u32(writer, (uint32_t)config->size_width);
    bytes_put_u32(writer, (uint32_t)config->size_height);
    bytes_put_u32(writer, (uint32_t)config->length);
    bytes_put_u8(writer, config->reward);
    bytes_put_u64(writer, (uint64_t)config->seed);
    bytes_put_u64(writer, recorder->episode);
    bytes_put_u64(writer, (uint64_t)recorder->length);
    bytes_put_f64(writer, recorder->total_reward);
    bytes_put_u8(writer, terminated);
    bytes_put_u8(writer, truncated);
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        bytes_put_u32(writer, (uint32_t)achievements[a]);
    }
    bytes_put_u32(writer, (uint32_t)recorder->channel_count);
    for (int32_t c = 0; c < recorder->channel_count; c++) {
        bytes_put(writer, recorder->channel[c].name, CAIRN_CHANNEL_NAME);
        bytes_put_u8(writer, (uint8_t)recorder->channel[c].type);
        bytes_put_u32(writer, (uint32_t)recorder->channel[c].width);
    }
}

static void split_planes(const uint8_t* values, size_t count, uint8_t* planes) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = 0;
        memcpy(&bits, values + 4 * i, sizeof bits);
        for (size_t plane = 0; plane < 4; plane++) {
            planes[plane * count + i] = (uint8_t)(bits >> 8 * plane);
        }
    }
}

// Compresses `size` bytes to the writer's place. The writer has room for compressBound(size).
static size_t put_stream(ByteWriter* writer, const uint8_t* bytes, size_t size) {
    uLongf packed = (uLongf)(writer->end - writer->next);
    const int result = compress2(writer->next, &packed, bytes, size, Z_DEFAULT_COMPRESSION);
    if (result != Z_OK) {
        return 0; // out of memory, as there is room enough; no stream is empty
    }
    writer->next += packed;
    return packed;
}

// scratch [length * the widest f32 channel]
static bool put_streams(ByteWriter* writer, const CairnRecorder* recorder, uint8_t* scratch) {
    const size_t length = (size_t)recorder->length;
    ByteWriter sizes = *writer;
    for (int32_t s = 0; s < 1 + recorder->channel_count; s++) {
        bytes_put_u64(writer, 0);
    }
    size_t packed = put_stream(writer, recorder->action, length);
    bytes_put_u64(&sizes, packed);
    for (int32_t c = 0; c < recorder->channel_count && packed > 0; c++) {
        const CairnChannel* channel = &recorder->channel[c];
        const size_t size = length * episode_entry_bytes(channel);
        const uint8_t* bytes = recorder->data[c];
        if (channel->type == CAIRN_CHANNEL_F32) {
            split_planes(bytes, size / 4, scratch);
            bytes = scratch;
        }
        packed = put_stream(writer, bytes, size);
        bytes_put_u64(&sizes, packed);
    }
    return packed > 0;
}

// Bytes that the file cannot exceed, and the scratch that its making needs.
static size_t size_limit(const CairnRecorder* recorder, size_t* scratch_size) {
    const size_t length = (size_t)recorder->length;
    size_t limit = EPISODE_FIXED_BYTES + 8 + compressBound(length) + EPISODE_CRC_BYTES;
    *scratch_size = 1;
    for (int32_t c = 0; c < recorder->channel_count; c++) {
        const size_t size = length * episode_entry_bytes(&recorder->channel[c]);
        limit += EPISODE_CHANNEL_BYTES + 8 + compressBound(size);
        *scratch_size = size > *scratch_size ? size : *scratch_size;
    }
    return limit;
}

CairnStatus cairn_recorder_save(const CairnRecorder* recorder, const char* path,
                                const int32_t achievements[CAIRN_ACHIEVEMENTS], bool terminated,
                                bool truncated, char why[CAIRN_WHY]) {
    assert(recorder->episode >= 1); // begin first
    size_t scratch_size = 0;
    const size_t limit = size_limit(recorder, &scratch_size);
    uint8_t* bytes = malloc(limit);
    uint8_t* scratch = malloc(scratch_size);
    CairnStatus status = CAIRN_OUT_OF_MEMORY;
    if (bytes != NULL && scratch != NULL) {
        ByteWriter writer = {bytes, bytes + limit};
        put_header(&writer, recorder, achievements, terminated, truncated);
        if (put_streams(&writer, recorder, scratch)) {
            const size_t size = (size_t)(writer.next - bytes);
            bytes_put_u32(&writer, (uint32_t)crc32_z(0, bytes, size));
            status = env_file_write(path, bytes, size + EPISODE_CRC_BYTES, why);
        }
    }
    if (status == CAIRN_OUT_OF_MEMORY) {
        snprintf(why, CAIRN_WHY, "%s: out of memory for writing %lld steps", env_file_shown(path),
                 (long long)recorder->length);
    }
    free(scratch);
    free(bytes);
    return status;
}
