// Any bytes as an episode file: as they are, and under a right checksum. What is accepted is played
// again where that is quick.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/episode.h"

enum { PLAYED_STEPS_MAX = 20, PLAYED_CELLS_MAX = 400, PLAYED_PIXELS_MAX = 10000 };

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static bool quick(const CairnEpisode* episode) {
    const CairnConfig* config = &episode->config;
    return episode->length <= PLAYED_STEPS_MAX &&
           (int64_t)config->area_width * config->area_height <= PLAYED_CELLS_MAX &&
           (int64_t)config->size_width * config->size_height <= PLAYED_PIXELS_MAX;
}

static void read_all(const CairnEpisode* episode) {
    uint32_t sum = 0;
    for (int64_t t = 0; t < episode->length; t++) {
        assert(episode->action[t] < CAIRN_ACTIONS);
    }
    for (int32_t c = 0; c < episode->channel_count; c++) {
        const CairnChannel* channel = NULL;
        const uint8_t* data = cairn_episode_channel(episode, episode->channel[c].name, &channel);
        assert(data == episode->data[c] && channel == &episode->channel[c]);
        const size_t bytes = (size_t)episode->length * episode_entry_bytes(channel);
        sum += (uint32_t)crc32_z(0, data, bytes); // reads every byte
    }
    volatile uint32_t kept = sum;
    (void)kept;
}

static void parse(const uint8_t* bytes, size_t size) {
    CairnEpisode* episode = NULL;
    char why[CAIRN_WHY] = "";
    const CairnStatus status = episode_parse("fuzz.cairn", bytes, size, &episode, why);
    assert((status == CAIRN_OK) == (episode != NULL));
    assert((status == CAIRN_OK) == (why[0] == '\0'));
    if (status == CAIRN_OK) {
        read_all(episode);
        if (quick(episode)) {
            (void)cairn_episode_verify(episode, why);
        }
    }
    cairn_episode_destroy(episode);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    parse(data, size);
    uint8_t* copy = malloc(size + 1);
    if (copy != NULL && size > EPISODE_CRC_BYTES) {
        memcpy(copy, data, size);
        ByteWriter writer = {copy + size - EPISODE_CRC_BYTES, copy + size};
        bytes_put_u32(&writer, (uint32_t)crc32_z(0, copy, size - EPISODE_CRC_BYTES));
        parse(copy, size);
    }
    free(copy);
    return 0;
}
