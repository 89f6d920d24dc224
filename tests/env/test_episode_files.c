// Proves that broken and hostile episode files are refused with a line that names them, and that a
// full disk costs no file (env/episode_read.c, env/recorder.c).
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/episode.h"
#include "env/file.h"
#include "tests/suite.h"

static char folder[64], path[128];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/cairn-episode-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/it.cairn", folder);
}

static void remove_folder(void) {
    (void)unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s is left with something in it", folder);
}

static uint64_t next_random(uint64_t* state) { // splitmix64
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

enum { STEPS = 60, CHANNELS = 3 };

static CairnRecorder* make_recorder(const CairnChannel* channels, int32_t count) {
    const CairnConfig config = cairn_default_config();
    CairnRecorder* recorder = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_recorder_create(&config, 0, channels, count, &recorder, why) == CAIRN_OK,
                  "%s", why);
    cairn_recorder_begin(recorder, 1);
    return recorder;
}

static const int32_t no_achievements[CAIRN_ACHIEVEMENTS];

// Random actions without a world, and what a made-up agent said, as bytes.
static uint8_t* make_file(size_t* size) {
    static const CairnChannel channels[CHANNELS] = {{"value", CAIRN_CHANNEL_F32, 1},
                                                    {"action_prob", CAIRN_CHANNEL_F32, 17},
                                                    {"expects", CAIRN_CHANNEL_U8, 3}};
    CairnRecorder* recorder = make_recorder(channels, CHANNELS);
    char why[CAIRN_WHY] = "";
    uint64_t random = 1;
    for (int t = 0; t < STEPS; t++) {
        const float value = (float)t * 0.37f;
        float action_prob[17];
        for (int a = 0; a < 17; a++) {
            action_prob[a] = 1.0f / (float)(t + a + 1);
        }
        const uint8_t expects[3] = {(uint8_t)t, 1, 2};
        const void* data[CHANNELS] = {&value, action_prob, expects};
        const int32_t action = (int32_t)(next_random(&random) % CAIRN_ACTIONS);
        ck_assert_int_eq(cairn_recorder_step(recorder, action, 0.1, data, why), CAIRN_OK);
    }
    ck_assert_msg(cairn_recorder_save(recorder, path, no_achievements, false, false, why) ==
                      CAIRN_OK,
                  "%s", why);
    cairn_recorder_destroy(recorder);
    uint8_t* bytes = NULL;
    ck_assert_msg(env_file_read(path, 1 << 20, &bytes, size, why) == CAIRN_OK, "%s", why);
    return bytes;
}

static void expect_refused(const uint8_t* bytes, size_t size, const char* word) {
    CairnEpisode* episode = (CairnEpisode*)(uintptr_t)1;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(episode_parse("some.cairn", bytes, size, &episode, why), CAIRN_BAD_DATA);
    ck_assert_ptr_null(episode);
    ck_assert_msg(strstr(why, "some.cairn: ") == why && strstr(why, word) != NULL &&
                      strchr(why, '\n') == NULL,
                  "expected one line with the name and '%s', got: %s", word, why);
}

START_TEST(every_truncation_and_bit_flip_is_refused) {
    size_t size = 0;
    uint8_t* bytes = make_file(&size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t* copy = malloc(cut + 1); // of its own, so that reading past the end shows
        memcpy(copy, bytes, cut);
        expect_refused(copy, cut, "episode file");
        free(copy);
    }
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_refused(bytes, size, "episode file");
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(bytes);
}
END_TEST

static void repair_checksum(uint8_t* bytes, size_t size) {
    ByteWriter writer = {bytes + size - EPISODE_CRC_BYTES, bytes + size};
    bytes_put_u32(&writer, (uint32_t)crc32(0, bytes, (uInt)(size - EPISODE_CRC_BYTES)));
}

START_TEST(forged_files_are_refused_or_harmless) {
    size_t size = 0, refused = 0;
    uint8_t* bytes = make_file(&size);
    uint8_t* forged = malloc(size);
    uint64_t random = 4;
    for (int i = 0; i < 20000; i++) {
        memcpy(forged, bytes, size);
        const size_t range = i % 2 ? size - EPISODE_CRC_BYTES : EPISODE_FIXED_BYTES + 150;
        forged[next_random(&random) % range] = (uint8_t)next_random(&random);
        repair_checksum(forged, size);
        CairnEpisode* episode = NULL;
        char why[CAIRN_WHY] = "";
        if (episode_parse("forged", forged, size, &episode, why) != CAIRN_OK) {
            ck_assert_ptr_null(episode);
            refused++;
        }
        cairn_episode_destroy(episode);
    }
    ck_assert_uint_gt(refused, 5000);
    ck_assert_uint_lt(refused, 20000);
    free(bytes), free(forged);
}
END_TEST

enum { // offsets of the layout in episode.h
    AT_VERSION = EPISODE_MAGIC_BYTES,
    AT_MODE = AT_VERSION + 4,
    AT_AREA = AT_MODE + 4,
    AT_REWARD_FLAG = AT_AREA + 7 * 4,
    AT_EPISODE = AT_REWARD_FLAG + 1 + 8,
    AT_LENGTH = AT_EPISODE + 8,
    AT_TOTAL = AT_LENGTH + 8,
    AT_TERMINATED = AT_TOTAL + 8,
    AT_COUNTS = AT_TERMINATED + 2,
    AT_CHANNEL_COUNT = EPISODE_FIXED_BYTES - 4,
    AT_CHANNELS = EPISODE_FIXED_BYTES,
    AT_SIZES = AT_CHANNELS + CHANNELS * EPISODE_CHANNEL_BYTES
};

START_TEST(each_field_is_checked) {
    size_t size = 0;
    uint8_t* bytes = make_file(&size);
    const struct {
        size_t place, count; // bytes, little-endian
        uint64_t value;
        const char* word;
    } cases[] = {
        {0, 1, 0, "not an episode file"},
        {AT_VERSION, 4, 2, "version 2; expected 1"},
        {AT_MODE, 4, 2, "mode 2; expected 0 (exact) or 1 (fast)"},
        {AT_AREA, 4, 0, "area_width"},
        {AT_AREA + 4, 4, 0xffffffffu, "area_height"},
        {AT_AREA + 8, 4, 64, "view_width"},
        {AT_AREA + 16, 4, 5000, "size_width"},
        {AT_AREA + 24, 4, 0x80000000u, "length"},
        {AT_REWARD_FLAG, 1, 2, "flag"},
        {AT_EPISODE, 8, 0, "number is 0"},
        {AT_LENGTH, 8, 59, "wrong length"},
        {AT_LENGTH, 8, 61, "wrong length"},
        {AT_LENGTH, 8, 10001, "more steps than its configuration allows"},
        {AT_LENGTH, 8, 10000001, "10000001 steps; expected at most 10000000"},
        {AT_LENGTH, 8, UINT64_MAX, "expected at most 10000000"},
        {AT_TOTAL, 8, 0x7ff8000000000000u, "summary"}, // NaN
        {AT_TERMINATED, 1, 2, "summary"},
        {AT_COUNTS, 4, 0x80000000u, "summary"},
        {AT_CHANNEL_COUNT, 4, 17, "number of channels"},
        {AT_CHANNEL_COUNT, 4, 0xffffffffu, "number of channels"},
        {AT_CHANNEL_COUNT, 4, 16, "broken"},
        {AT_CHANNELS, 1, 'A', "name"},
        {AT_CHANNELS, 1, 0, "name"},
        {AT_CHANNELS + CAIRN_CHANNEL_NAME, 1, 7, "type"},
        {AT_CHANNELS + CAIRN_CHANNEL_NAME + 1, 4, 0, "width"},
        {AT_CHANNELS + CAIRN_CHANNEL_NAME + 1, 4, 1024, "too short"},
        {AT_CHANNELS + CAIRN_CHANNEL_NAME + 1, 4, 2, "wrong length"},
        {AT_SIZES, 8, UINT64_MAX, "longer than the file"},
        {AT_SIZES, 8, 8, "stream"},
        {AT_SIZES + 8 * CHANNELS, 8, 0, "too short"},
    };
    uint8_t* forged = malloc(size);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(forged, bytes, size);
        for (size_t b = 0; b < cases[i].count; b++) {
            forged[cases[i].place + b] = (uint8_t)(cases[i].value >> 8 * b);
        }
        repair_checksum(forged, size);
        expect_refused(forged, size, cases[i].word);
    }
    free(bytes), free(forged);
}
END_TEST

// A file whose actions are `actions` zero bytes (and one of another kind), claimed as `length`.
static size_t bomb(uint8_t* bytes, size_t limit, uint64_t length, size_t actions, uint8_t last) {
    uint8_t* stream = calloc(actions, 1);
    stream[actions - 1] = last;
    memset(bytes, 0, EPISODE_FIXED_BYTES);
    ByteWriter writer = {bytes, bytes + limit};
    const uint32_t sizes[7] = {64, 64, 9, 9, 64, 64, 0};
    bytes_put(&writer, episode_magic, EPISODE_MAGIC_BYTES);
    bytes_put_u32(&writer, EPISODE_VERSION);
    bytes_put_u32(&writer, CAIRN_MODE_EXACT);
    bytes_put_words(&writer, sizes, 7);
    bytes_put_u8(&writer, 1);
    bytes_put_u64(&writer, 0);
    bytes_put_u64(&writer, 1);
    bytes_put_u64(&writer, length);
    writer.next = bytes + EPISODE_FIXED_BYTES;
    uLongf packed = limit - EPISODE_FIXED_BYTES - 12;
    ck_assert_int_eq(compress2(writer.next + 8, &packed, stream, actions, 9), Z_OK);
    bytes_put_u64(&writer, packed);
    writer.next += packed + EPISODE_CRC_BYTES;
    repair_checksum(bytes, (size_t)(writer.next - bytes));
    free(stream);
    return (size_t)(writer.next - bytes);
}

START_TEST(compressed_bombs_are_bounded) {
    enum { LIMIT = 1 << 20 };
    uint8_t* bytes = malloc(LIMIT);
    CairnEpisode* episode = NULL;
    char why[CAIRN_WHY] = "";
    size_t size = bomb(bytes, LIMIT, 100000000, 100000000, 0);
    expect_refused(bytes, size, "expected at most 10000000");
    size = bomb(bytes, LIMIT, 10, 100000000, 0);
    expect_refused(bytes, size, "wrong length");
    size = bomb(bytes, LIMIT, 10000, 10000, CAIRN_ACTIONS);
    expect_refused(bytes, size, "an action is out of range");
    size = bomb(bytes, LIMIT, 10000, 10000, CAIRN_ACTIONS - 1); // the maker makes valid files
    ck_assert_msg(episode_parse("fine", bytes, size, &episode, why) == CAIRN_OK, "%s", why);
    cairn_episode_destroy(episode);
    bytes[size - EPISODE_CRC_BYTES] = 0; // one more byte in the stream than zlib reads
    bytes[EPISODE_FIXED_BYTES]++;
    repair_checksum(bytes, size + 1);
    expect_refused(bytes, size + 1, "wrong length");
    free(bytes);
}
END_TEST

static void expect_unloadable(const char* name, CairnStatus status, const char* word) {
    CairnEpisode* episode = (CairnEpisode*)(uintptr_t)1;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_episode_load(name, &episode, why), status);
    ck_assert_ptr_null(episode);
    ck_assert_msg(strstr(why, name) != NULL && strstr(why, word) != NULL,
                  "expected the name and '%s', got: %s", word, why);
}

START_TEST(missing_empty_and_foreign_files_are_refused) {
    char why[CAIRN_WHY] = "";
    expect_unloadable(path, CAIRN_IO, "No such file");
    expect_unloadable(folder, CAIRN_BAD_DATA, "not a regular file");
    ck_assert_int_eq(env_file_write(path, "", 0, why), CAIRN_OK);
    expect_unloadable(path, CAIRN_BAD_DATA, "not an episode file");
    ck_assert_int_eq(env_file_write(path, "something else entirely", 23, why), CAIRN_OK);
    expect_unloadable(path, CAIRN_BAD_DATA, "not an episode file");
    ck_assert_int_eq(truncate(path, (off_t)3 << 30), 0); // sparse
    expect_unloadable(path, CAIRN_BAD_DATA, "expected at most");
}
END_TEST

static void expect_save_fails(const CairnRecorder* recorder, const char* word) {
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_recorder_save(recorder, path, no_achievements, false, false, why),
                     CAIRN_IO);
    ck_assert_msg(strstr(why, path) != NULL && strstr(why, word) != NULL,
                  "expected the path and '%s', got: %s", word, why);
}

START_TEST(a_full_disk_keeps_the_old_file) {
    size_t size = 0;
    free(make_file(&size));
    CairnRecorder* recorder = make_recorder(NULL, 0);
    char why[CAIRN_WHY] = "";
    uint64_t random = 2;
    for (int t = 0; t < 30000; t++) { // about 17 KB
        const int32_t action = (int32_t)(next_random(&random) % CAIRN_ACTIONS);
        ck_assert_int_eq(cairn_recorder_step(recorder, action, 0, NULL, why), CAIRN_OK);
    }
    const struct rlimit limit = {5000, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_save_fails(recorder, "File too large");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    CairnEpisode* episode = NULL;
    ck_assert_int_eq(cairn_episode_load(path, &episode, why), CAIRN_OK);
    ck_assert_int_eq(episode->length, STEPS);
    cairn_episode_destroy(episode);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=8k") != 0) {
        printf("skipped: a full disk (cannot mount a small tmpfs: %s)\n", strerror(errno));
        cairn_recorder_destroy(recorder);
        return;
    }
    expect_save_fails(recorder, "No space left on device");
    ck_assert_int_eq(mount("tmpfs", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=8k"), 0);
    expect_save_fails(recorder, "Read-only file system");
    ck_assert_int_eq(umount(folder), 0);
    cairn_recorder_destroy(recorder);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("episode files");
    TCase* broken = tcase_create("broken files");
    tcase_set_timeout(broken, 60);
    tcase_add_checked_fixture(broken, make_folder, remove_folder);
    tcase_add_test(broken, every_truncation_and_bit_flip_is_refused);
    tcase_add_test(broken, forged_files_are_refused_or_harmless);
    tcase_add_test(broken, each_field_is_checked);
    tcase_add_test(broken, compressed_bombs_are_bounded);
    tcase_add_test(broken, missing_empty_and_foreign_files_are_refused);
    tcase_add_test(broken, a_full_disk_keeps_the_old_file);
    suite_add_tcase(made, broken);
    return made;
}
