// Reads episode files; episode.h has the layout. Nothing in a file is believed before it is
// checked: sizes are compared with the bytes that are there before memory is taken for them.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/config.h"
#include "env/episode.h"
#include "env/file.h"
#include "env/world.h"

enum {
    FILE_BYTES_MAX = CAIRN_EPISODE_BYTES_MAX + (1 << 24), // streams that do not compress grow a bit
    DEFLATE_RATIO_MAX = 1032 // no deflate stream holds more bytes per compressed byte
};

const uint8_t episode_magic[EPISODE_MAGIC_BYTES] = {0x89, 'C', 'R', 'N', '\r', '\n', 0x1a, '\n'};

size_t episode_entry_bytes(const CairnChannel* channel) {
    return (size_t)channel->width * (channel->type == CAIRN_CHANNEL_F32 ? sizeof(float) : 1);
}

size_t episode_step_bytes(const CairnChannel* channels, int32_t count) {
    size_t total = 1;
    for (int32_t c = 0; c < count; c++) {
        total += episode_entry_bytes(&channels[c]);
    }
    return total;
}

static bool name_valid(const char name[CAIRN_CHANNEL_NAME]) {
    const size_t length = strnlen(name, CAIRN_CHANNEL_NAME);
    return length > 0 && length < CAIRN_CHANNEL_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

const char* episode_channels_problem(const CairnChannel* channels, int32_t count) {
    if (count < 0 || count > CAIRN_CHANNELS_MAX) {
        return "expected 0 to 16 channels";
    }
    for (int32_t c = 0; c < count; c++) {
        if (!name_valid(channels[c].name)) {
            return "a channel's name is not made of 1 to 31 of a-z, 0-9 and _";
        }
        if (channels[c].type != CAIRN_CHANNEL_U8 && channels[c].type != CAIRN_CHANNEL_F32) {
            return "a channel's type is neither u8 nor f32";
        }
        if (channels[c].width < 1 || channels[c].width > CAIRN_CHANNEL_WIDTH_MAX) {
            return "a channel's width is not in 1 to 1024";
        }
        for (int32_t other = 0; other < c; other++) {
            if (strcmp(channels[c].name, channels[other].name) == 0) {
                return "two channels have one name";
            }
        }
    }
    return NULL;
}

static CairnStatus bad(const char* name, const char* what, char why[CAIRN_WHY]) {
    snprintf(why, CAIRN_WHY, "%s: broken episode file: %.96s", name, what);
    return CAIRN_BAD_DATA;
}

static CairnStatus check_envelope(const char* name, const uint8_t* bytes, size_t size,
                                  char why[CAIRN_WHY]) {
    if (size < EPISODE_MAGIC_BYTES || memcmp(bytes, episode_magic, EPISODE_MAGIC_BYTES) != 0) {
        snprintf(why, CAIRN_WHY, "%s: not an episode file", name);
        return CAIRN_BAD_DATA;
    }
    if (size < EPISODE_FIXED_BYTES + EPISODE_CRC_BYTES) {
        return bad(name, "it ends too early", why);
    }
    ByteReader reader = {bytes + EPISODE_MAGIC_BYTES, bytes + size, false};
    const uint32_t version = bytes_get_u32(&reader);
    if (version != EPISODE_VERSION) {
        snprintf(why, CAIRN_WHY, "%s: episode file of version %u; expected %d", name, version,
                 EPISODE_VERSION);
        return CAIRN_BAD_DATA;
    }
    ByteReader tail = {bytes + size - EPISODE_CRC_BYTES, bytes + size, false};
    if (bytes_get_u32(&tail) != crc32_z(0, bytes, size - EPISODE_CRC_BYTES)) {
        return bad(name, "its checksum does not match; it was cut or changed", why);
    }
    return CAIRN_OK;
}

static CairnStatus read_config(ByteReader* reader, const char* name, CairnEpisode* episode,
                               char why[CAIRN_WHY]) {
    const uint32_t mode = bytes_get_u32(reader);
    if (mode != CAIRN_MODE_EXACT && mode != CAIRN_MODE_FAST) {
        snprintf(why, CAIRN_WHY, "%s: episode of mode %u; expected %d (exact) or %d (fast)", name,
                 mode, CAIRN_MODE_EXACT, CAIRN_MODE_FAST);
        return CAIRN_BAD_DATA;
    }
    CairnConfig* config = &episode->config;
    *config = cairn_default_config();
    config->auto_reset = false;
    config->mode = (CairnMode)mode;
    config->area_width = (int32_t)bytes_get_u32(reader);
    config->area_height = (int32_t)bytes_get_u32(reader);
    config->view_width = (int32_t)bytes_get_u32(reader);
    config->view_height = (int32_t)bytes_get_u32(reader);
    config->size_width = (int32_t)bytes_get_u32(reader);
    config->size_height = (int32_t)bytes_get_u32(reader);
    config->length = (int32_t)bytes_get_u32(reader);
    const uint8_t reward = bytes_get_u8(reader);
    config->reward = reward == 1;
    config->seed = (int64_t)bytes_get_u64(reader);
    episode->episode = bytes_get_u64(reader);
    if (reward > 1 || episode->episode == 0 || episode->episode > EPISODE_MAX) {
        return bad(name, "a flag is neither 0 nor 1, or its episode's number is 0 or huge", why);
    }
    char problem[CAIRN_WHY];
    return env_config_check(config, problem) == CAIRN_OK ? CAIRN_OK : bad(name, problem, why);
}

static CairnStatus read_summary(ByteReader* reader, const char* name, CairnEpisode* episode,
                                char why[CAIRN_WHY]) {
    const uint64_t length = bytes_get_u64(reader);
    episode->total_reward = bytes_get_f64(reader);
    const uint8_t terminated = bytes_get_u8(reader);
    const uint8_t truncated = bytes_get_u8(reader);
    episode->terminated = terminated == 1;
    episode->truncated = truncated == 1;
    bool valid = terminated <= 1 && truncated <= 1 && isfinite(episode->total_reward);
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        episode->achievements[a] = (int32_t)bytes_get_u32(reader);
        valid = valid && episode->achievements[a] >= 0;
    }
    if (!valid) {
        return bad(name, "its summary is out of range", why);
    }
    if (length > CAIRN_EPISODE_STEPS_MAX) {
        snprintf(why, CAIRN_WHY, "%s: episode of %llu steps; expected at most %d", name,
                 (unsigned long long)length, CAIRN_EPISODE_STEPS_MAX);
        return CAIRN_BAD_DATA;
    }
    episode->length = (int64_t)length;
    if (episode->config.length > 0 && episode->length > episode->config.length) {
        return bad(name, "it has more steps than its configuration allows", why);
    }
    return CAIRN_OK;
}

static CairnStatus read_channels(ByteReader* reader, const char* name, CairnEpisode* episode,
                                 char why[CAIRN_WHY]) {
    const uint32_t count = bytes_get_u32(reader);
    if (count > CAIRN_CHANNELS_MAX || count * EPISODE_CHANNEL_BYTES > bytes_left(reader)) {
        return bad(name, "its number of channels is out of range", why);
    }
    episode->channel_count = (int32_t)count;
    for (uint32_t c = 0; c < count; c++) {
        CairnChannel* channel = &episode->channel[c];
        memcpy(channel->name, bytes_get(reader, CAIRN_CHANNEL_NAME), CAIRN_CHANNEL_NAME);
        channel->type = (CairnChannelType)bytes_get_u8(reader);
        channel->width = (int32_t)bytes_get_u32(reader);
    }
    const char* problem = episode_channels_problem(episode->channel, episode->channel_count);
    if (problem != NULL) {
        return bad(name, problem, why);
    }
    const size_t step_bytes = episode_step_bytes(episode->channel, episode->channel_count);
    if ((size_t)episode->length * step_bytes > CAIRN_EPISODE_BYTES_MAX) {
        snprintf(why, CAIRN_WHY, "%s: %zu bytes of records; expected at most %d", name,
                 (size_t)episode->length * step_bytes, CAIRN_EPISODE_BYTES_MAX);
        return CAIRN_BAD_DATA;
    }
    return CAIRN_OK;
}

// The four planes of an f32 channel back to numbers.
static void join_planes(const uint8_t* planes, size_t count, float* values) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)planes[i] | (uint32_t)planes[count + i] << 8 |
                              (uint32_t)planes[2 * count + i] << 16 |
                              (uint32_t)planes[3 * count + i] << 24;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

// Inflates one stream, which must hold exactly `size` bytes, into new memory.
static CairnStatus inflate_stream(const char* name, const uint8_t* packed, size_t packed_size,
                                  size_t size, uint8_t** stream, char why[CAIRN_WHY]) {
    if (size > packed_size * DEFLATE_RATIO_MAX) {
        return bad(name, "it is too short for its number of steps", why);
    }
    *stream = malloc(size + 1); // so that no bytes are no NULL
    if (*stream == NULL) {
        snprintf(why, CAIRN_WHY, "%s: out of memory for its %zu bytes", name, size);
        return CAIRN_OUT_OF_MEMORY;
    }
    uLongf made = size + 1; // one to spare shows streams that are too long
    uLong used = packed_size;
    const int result = uncompress2(*stream, &made, packed, &used);
    if (result != Z_OK || made != size || used != packed_size) {
        return bad(name, "a compressed stream is damaged or of the wrong length", why);
    }
    return CAIRN_OK;
}

static CairnStatus read_actions(const char* name, const uint8_t* packed, size_t packed_size,
                                CairnEpisode* episode, char why[CAIRN_WHY]) {
    const CairnStatus status =
        inflate_stream(name, packed, packed_size, (size_t)episode->length, &episode->action, why);
    for (int64_t t = 0; status == CAIRN_OK && t < episode->length; t++) {
        if (episode->action[t] >= CAIRN_ACTIONS) {
            return bad(name, "an action is out of range", why);
        }
    }
    return status;
}

static CairnStatus read_channel(const char* name, const uint8_t* packed, size_t packed_size,
                                CairnEpisode* episode, int32_t c, char why[CAIRN_WHY]) {
    const CairnChannel* channel = &episode->channel[c];
    const size_t size = (size_t)episode->length * episode_entry_bytes(channel);
    uint8_t* stream = NULL;
    CairnStatus status = inflate_stream(name, packed, packed_size, size, &stream, why);
    if (status == CAIRN_OK && channel->type == CAIRN_CHANNEL_F32) {
        float* values = malloc(size + 1);
        if (values != NULL) {
            join_planes(stream, size / sizeof(float), values);
            episode->data[c] = values;
        } else {
            snprintf(why, CAIRN_WHY, "%s: out of memory for its %zu bytes", name, size);
            status = CAIRN_OUT_OF_MEMORY;
        }
    } else if (status == CAIRN_OK) {
        episode->data[c] = stream;
        return CAIRN_OK;
    }
    free(stream);
    return status;
}

static CairnStatus read_streams(ByteReader* reader, const char* name, CairnEpisode* episode,
                                char why[CAIRN_WHY]) {
    const int32_t count = 1 + episode->channel_count;
    uint64_t packed_size[EPISODE_STREAMS_MAX];
    for (int32_t s = 0; s < count; s++) {
        packed_size[s] = bytes_get_u64(reader);
    }
    CairnStatus status = reader->failed ? bad(name, "it ends too early", why) : CAIRN_OK;
    for (int32_t s = 0; s < count && status == CAIRN_OK; s++) {
        if (packed_size[s] > bytes_left(reader)) {
            return bad(name, "a stream is longer than the file", why);
        }
        const size_t size = (size_t)packed_size[s];
        const uint8_t* packed = bytes_get(reader, size);
        status = s == 0 ? read_actions(name, packed, size, episode, why)
                        : read_channel(name, packed, size, episode, s - 1, why);
    }
    if (status == CAIRN_OK && bytes_left(reader) != 0) {
        return bad(name, "there are bytes after its last stream", why);
    }
    return status;
}

static CairnStatus fill_episode(const char* name, const uint8_t* bytes, size_t size,
                                CairnEpisode* episode, char why[CAIRN_WHY]) {
    CairnStatus status = check_envelope(name, bytes, size, why);
    if (status != CAIRN_OK) {
        return status;
    }
    ByteReader reader = {bytes + EPISODE_MAGIC_BYTES + 4, bytes + size - EPISODE_CRC_BYTES, false};
    status = read_config(&reader, name, episode, why);
    if (status == CAIRN_OK) {
        status = read_summary(&reader, name, episode, why);
    }
    if (status == CAIRN_OK) {
        status = read_channels(&reader, name, episode, why);
    }
    if (status == CAIRN_OK) {
        status = read_streams(&reader, name, episode, why);
    }
    return status;
}

CairnStatus episode_parse(const char* name, const uint8_t* bytes, size_t size,
                          CairnEpisode** episode, char why[CAIRN_WHY]) {
    *episode = NULL;
    CairnEpisode* made = calloc(1, sizeof *made);
    if (made == NULL) {
        snprintf(why, CAIRN_WHY, "%s: out of memory", name);
        return CAIRN_OUT_OF_MEMORY;
    }
    const CairnStatus status = fill_episode(name, bytes, size, made, why);
    if (status != CAIRN_OK) {
        cairn_episode_destroy(made);
        return status;
    }
    *episode = made;
    return CAIRN_OK;
}

CairnStatus cairn_episode_load(const char* path, CairnEpisode** episode, char why[CAIRN_WHY]) {
    *episode = NULL;
    uint8_t* bytes = NULL;
    size_t size = 0;
    CairnStatus status = env_file_read(path, FILE_BYTES_MAX, &bytes, &size, why);
    if (status == CAIRN_OK) {
        status = episode_parse(env_file_shown(path), bytes, size, episode, why);
    }
    free(bytes);
    return status;
}

void cairn_episode_destroy(CairnEpisode* episode) {
    if (episode == NULL) {
        return;
    }
    for (int32_t c = 0; c < episode->channel_count; c++) {
        free(episode->data[c]);
    }
    free(episode->action);
    free(episode);
}
