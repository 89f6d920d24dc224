// Layout of an episode file, little-endian: magic, version, mode; configuration, seed, episode;
// length, summary; the channels' names, types and widths; the compressed size of each stream; the
// streams; CRC-32 of all before it. Internal to env/.
//
// Streams are zlib's: first the actions, one byte each, then one per channel. An f32 channel goes
// in as four planes, all lowest bytes first, because signs and exponents alone compress well.
#pragma once
#include "env/cairn.h"

enum {
    EPISODE_VERSION = 1,
    EPISODE_MAGIC_BYTES = 8,
    EPISODE_FIXED_BYTES = EPISODE_MAGIC_BYTES + 4 + 4 + 7 * 4 + 1 + 8 + 8 + 8 + 8 + 1 + 1 +
                          4 * CAIRN_ACHIEVEMENTS + 4,
    EPISODE_CHANNEL_BYTES = CAIRN_CHANNEL_NAME + 1 + 4,
    EPISODE_CRC_BYTES = 4,
    EPISODE_STREAMS_MAX = 1 + CAIRN_CHANNELS_MAX
};

extern const uint8_t episode_magic[EPISODE_MAGIC_BYTES];

// A file's bytes; `name` is what messages call it.
CairnStatus episode_parse(const char* name, const uint8_t* bytes, size_t size,
                          CairnEpisode** episode, char why[CAIRN_WHY]);

// NULL, or what is wrong with the channels.
const char* episode_channels_problem(const CairnChannel* channels, int32_t count);
// Bytes of one step in a channel, and of one step in the actions and all channels.
size_t episode_entry_bytes(const CairnChannel* channel);
size_t episode_step_bytes(const CairnChannel* channels, int32_t count);
