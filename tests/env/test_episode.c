// Proves env/recorder.c, env/episode_read.c and env/episode.c: what is recorded reads back and
// plays again exactly; broken and hostile files are refused.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/episode.h"
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

static const CairnChannel channels[] = {{"value", CAIRN_CHANNEL_F32, 1},
                                        {"action_prob", CAIRN_CHANNEL_F32, 17},
                                        {"expects", CAIRN_CHANNEL_U8, 3}};
enum { CHANNELS = 3 };

typedef struct Record { // what the made-up agent says at step t
    float value, action_prob[17];
    uint8_t expects[3];
} Record;

static Record make_record(int64_t t) {
    Record record = {.value = t == 3 ? NAN : (float)t * 0.37f - 1e-30f};
    for (int a = 0; a < 17; a++) {
        record.action_prob[a] = 1.0f / (float)(t + a + 1);
    }
    for (int k = 0; k < 3; k++) {
        record.expects[k] = (uint8_t)(t * 3 + k);
    }
    return record;
}

typedef struct Played {
    CairnConfig config;
    int64_t seed;
    uint64_t episode;
    int64_t length;
    double total_reward;
    uint8_t terminated, truncated;
    int32_t achievements[CAIRN_ACHIEVEMENTS];
} Played;

// Plays world 1 of 2 with random actions through `episode` and records it, with channels or not.
static Played record(CairnConfig config, uint64_t episode, int64_t step_limit, int channel_count) {
    char why[CAIRN_WHY] = "";
    config.world_count = 2;
    Cairn* worlds = NULL;
    ck_assert_msg(cairn_create(&config, &worlds, why) == CAIRN_OK, "%s", why);
    Played played = {config, cairn_world_seed(config.seed, 1), episode, 0, 0, 0, 0, {0}};
    CairnRecorder* recorder = NULL;
    ck_assert_msg(cairn_recorder_create(&config, played.seed, channels, channel_count, &recorder,
                                        why) == CAIRN_OK,
                  "%s", why);
    double reward[2] = {0};
    uint8_t terminated[2] = {0}, truncated[2] = {0};
    int32_t achievements[2][CAIRN_ACHIEVEMENTS] = {0};
    const CairnOutput output = {.reward = reward,
                                .terminated = terminated,
                                .truncated = truncated,
                                .achievements = achievements[0]};
    cairn_reset(worlds, &output);
    ck_assert_int_eq(cairn_reset_world(worlds, 1, episode, &output), CAIRN_OK);
    cairn_recorder_begin(recorder, 99); // forgotten by the next begin
    const Record first = make_record(0);
    const void* first_data[] = {&first.value, first.action_prob, first.expects};
    ck_assert_int_eq(cairn_recorder_step(recorder, 1, 5.0, first_data, why), CAIRN_OK);
    cairn_recorder_begin(recorder, episode);
    uint64_t random = episode;
    while (played.length < step_limit && !terminated[1] && !truncated[1]) {
        const int32_t action[2] = {0, (int32_t)(next_random(&random) % CAIRN_ACTIONS)};
        const Record said = make_record(played.length);
        const void* data[] = {&said.value, said.action_prob, said.expects};
        cairn_step(worlds, action, &output);
        ck_assert_int_eq(cairn_recorder_step(recorder, action[1], reward[1], data, why), CAIRN_OK);
        played.total_reward += reward[1];
        played.length++;
    }
    memcpy(played.achievements, achievements[1], sizeof played.achievements);
    played.terminated = terminated[1], played.truncated = truncated[1];
    ck_assert_msg(cairn_recorder_save(recorder, path, achievements[1], terminated[1], truncated[1],
                                      why) == CAIRN_OK,
                  "%s", why);
    cairn_recorder_destroy(recorder);
    cairn_destroy(worlds);
    return played;
}

static CairnEpisode* load(void) {
    CairnEpisode* episode = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_episode_load(path, &episode, why) == CAIRN_OK, "%s", why);
    return episode;
}

static void expect_as_played(const CairnEpisode* episode, const Played* played) {
    ck_assert_int_eq(episode->config.seed, played->seed);
    ck_assert_int_eq(episode->config.area_width, played->config.area_width);
    ck_assert_int_eq(episode->config.area_height, played->config.area_height);
    ck_assert_int_eq(episode->config.view_width, played->config.view_width);
    ck_assert_int_eq(episode->config.view_height, played->config.view_height);
    ck_assert_int_eq(episode->config.size_width, played->config.size_width);
    ck_assert_int_eq(episode->config.size_height, played->config.size_height);
    ck_assert_int_eq(episode->config.length, played->config.length);
    ck_assert_int_eq(episode->config.mode, played->config.mode);
    ck_assert_int_eq(episode->config.reward, played->config.reward);
    ck_assert_int_eq(episode->config.world_count, 1);
    ck_assert_uint_eq(episode->episode, played->episode);
    ck_assert_int_eq(episode->length, played->length);
    ck_assert_int_eq(episode->terminated, played->terminated);
    ck_assert_int_eq(episode->truncated, played->truncated);
    ck_assert_mem_eq(&episode->total_reward, &played->total_reward, sizeof(double));
    ck_assert_mem_eq(episode->achievements, played->achievements, sizeof played->achievements);
    uint64_t random = played->episode;
    for (int64_t t = 0; t < played->length; t++) {
        ck_assert_int_eq(episode->action[t], next_random(&random) % CAIRN_ACTIONS);
    }
}

static void expect_records(const CairnEpisode* episode) {
    const CairnChannel* channel = NULL;
    const float* value = cairn_episode_channel(episode, "value", &channel);
    ck_assert_int_eq(channel->type, CAIRN_CHANNEL_F32);
    ck_assert_int_eq(channel->width, 1);
    const float* action_prob = cairn_episode_channel(episode, "action_prob", &channel);
    ck_assert_int_eq(channel->width, 17);
    const uint8_t* expects = cairn_episode_channel(episode, "expects", &channel);
    ck_assert_int_eq(channel->type, CAIRN_CHANNEL_U8);
    ck_assert_int_eq(channel->width, 3);
    for (int64_t t = 0; t < episode->length; t++) {
        const Record said = make_record(t);
        ck_assert_mem_eq(&value[t], &said.value, sizeof(float)); // NaN's bits, too
        ck_assert_mem_eq(&action_prob[17 * t], said.action_prob, sizeof said.action_prob);
        ck_assert_mem_eq(&expects[3 * t], said.expects, 3);
    }
    ck_assert_ptr_null(cairn_episode_channel(episode, "valu", NULL));
}

enum { CONFIGS = 5 };
static CairnConfig some_config(int number) {
    CairnConfig config = cairn_default_config();
    config.seed = 7;
    if (number == 1) {
        config.length = 60; // truncated
        config.area_width = 48, config.area_height = 40;
    } else if (number == 2) {
        config.reward = false, config.length = 0;
    } else if (number == 3) {
        config.view_width = 7, config.size_width = 100, config.size_height = 90;
    } else if (number == 4) {
        config.mode = CAIRN_MODE_FAST;
    }
    return config;
}

START_TEST(episodes_read_back_and_play_again) {
    for (int channel_count = 0; channel_count <= CHANNELS; channel_count += CHANNELS) {
        const Played played = record(some_config(_i), (uint64_t)(3 + _i), 100000, channel_count);
        CairnEpisode* episode = load();
        expect_as_played(episode, &played);
        ck_assert(played.terminated || played.truncated);
        ck_assert_int_eq(episode->channel_count, channel_count);
        if (channel_count > 0) {
            expect_records(episode);
        }
        char why[CAIRN_WHY] = "";
        ck_assert_msg(cairn_episode_verify(episode, why) == CAIRN_OK, "%s", why);
        cairn_episode_destroy(episode);
    }
    cairn_episode_destroy(NULL);
    cairn_recorder_destroy(NULL);
}
END_TEST

START_TEST(recordings_may_stop_before_the_end) {
    for (int64_t limit = 0; limit <= 40; limit += 20) {
        const Played played = record(some_config(0), 2, limit, CHANNELS);
        CairnEpisode* episode = load();
        char why[CAIRN_WHY] = "";
        expect_as_played(episode, &played);
        expect_records(episode);
        ck_assert(!episode->terminated && !episode->truncated);
        ck_assert_msg(cairn_episode_verify(episode, why) == CAIRN_OK, "%s", why);
        cairn_episode_destroy(episode);
    }
}
END_TEST

// The first state is what the original world showed; the caller plays on from there.
START_TEST(opened_episodes_stand_at_their_first_state) {
    const Played played = record(some_config(0), 5, 30, 0);
    CairnEpisode* episode = load();
    CairnConfig config = played.config;
    config.world_count = 1;
    config.seed = played.seed;
    Cairn *opened = NULL, *again = NULL;
    char why[CAIRN_WHY] = "";
    static uint8_t opened_pixels[64 * 64 * 3], again_pixels[64 * 64 * 3];
    const CairnOutput opened_output = {.observation.pixels = opened_pixels};
    const CairnOutput again_output = {.observation.pixels = again_pixels};
    ck_assert_int_eq(cairn_episode_open(episode, NULL, &opened_output, &opened, why), CAIRN_OK);
    ck_assert_int_eq(cairn_create(&config, &again, why), CAIRN_OK);
    for (int i = 0; i < 5; i++) {
        cairn_reset(again, &again_output);
    }
    ck_assert_uint_eq(cairn_episode(opened, 0), 5);
    ck_assert_mem_eq(opened_pixels, again_pixels, sizeof opened_pixels);
    cairn_destroy(opened), cairn_destroy(again);
    cairn_episode_destroy(episode);
}
END_TEST

START_TEST(verifying_finds_what_does_not_fit) {
    record(some_config(0), 1, 100000, 0);
    CairnEpisode* episode = load();
    char why[CAIRN_WHY] = "";
    episode->total_reward += 0.1;
    ck_assert_int_eq(cairn_episode_verify(episode, why), CAIRN_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(why, "return"));
    cairn_episode_destroy(episode);
    episode = load();
    episode->achievements[CAIRN_ACHIEVEMENTS - 1]++;
    ck_assert_int_eq(cairn_episode_verify(episode, why), CAIRN_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(why, "wake_up"));
    cairn_episode_destroy(episode);
    episode = load();
    episode->terminated = false;
    ck_assert_int_eq(cairn_episode_verify(episode, why), CAIRN_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(why, "terminated 0"));
    cairn_episode_destroy(episode);
    episode = load();
    episode->config.area_width = 0;
    ck_assert_int_eq(cairn_episode_verify(episode, why), CAIRN_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(why, "area_width"));
    cairn_episode_destroy(episode);
    episode = load();
    episode->length++; // a step beyond the end
    episode->action = realloc(episode->action, (size_t)episode->length);
    episode->action[episode->length - 1] = CAIRN_NOOP;
    ck_assert_int_eq(cairn_episode_verify(episode, why), CAIRN_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(why, "playing it again ends after"));
    cairn_episode_destroy(episode);
    episode = load();
    episode->config.seed++; // another world
    ck_assert_int_eq(cairn_episode_verify(episode, why), CAIRN_BAD_DATA);
    cairn_episode_destroy(episode);
}
END_TEST

// Files of the first version must stay readable, and play the same on every machine.
START_TEST(committed_files_play_again) {
    const char* const names[] = {"no-steps", "no-channels", "four-channels-truncated", "no-reward",
                                 "original-size"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[128], why[CAIRN_WHY] = "";
        snprintf(name, sizeof name, "tests/fuzz/corpus/episode/%s.cairn", names[i]);
        CairnEpisode* episode = NULL;
        ck_assert_msg(cairn_episode_load(name, &episode, why) == CAIRN_OK, "%s", why);
        ck_assert_msg(cairn_episode_verify(episode, why) == CAIRN_OK, "%s: %s", name, why);
        cairn_episode_destroy(episode);
    }
}
END_TEST

// A recorder with `count` steps of random actions and no channels.
static CairnRecorder* random_actions(int64_t count) {
    const CairnConfig config = cairn_default_config();
    CairnRecorder* recorder = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_recorder_create(&config, 0, NULL, 0, &recorder, why), CAIRN_OK);
    cairn_recorder_begin(recorder, 1);
    uint64_t random = 1;
    bool taken = true; // one assertion at the end: ten million would take a while
    for (int64_t t = 0; t < count; t++) {
        const int32_t action = (int32_t)(next_random(&random) % CAIRN_ACTIONS);
        taken = cairn_recorder_step(recorder, action, 0, NULL, why) == CAIRN_OK && taken;
    }
    ck_assert_msg(taken, "%s", why);
    return recorder;
}

static const int32_t no_achievements[CAIRN_ACHIEVEMENTS];

START_TEST(ten_thousand_random_steps_take_less_than_10_kb) {
    CairnRecorder* recorder = random_actions(10000);
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_recorder_save(recorder, path, no_achievements, false, true, why) ==
                      CAIRN_OK,
                  "%s", why);
    cairn_recorder_destroy(recorder);
    struct stat facts;
    ck_assert_int_eq(stat(path, &facts), 0);
    printf("10,000 random actions: %lld bytes\n", (long long)facts.st_size);
    ck_assert_int_lt(facts.st_size, 10000);
}
END_TEST

START_TEST(the_step_limit_holds) {
    CairnRecorder* recorder = random_actions(CAIRN_EPISODE_STEPS_MAX);
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_recorder_step(recorder, 0, 0, NULL, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "too long to record"));
    cairn_recorder_destroy(recorder);
}
END_TEST

static void expect_channels_refused(const CairnChannel* list, int32_t count, const char* word) {
    const CairnConfig config = cairn_default_config();
    CairnRecorder* recorder = (CairnRecorder*)(uintptr_t)1;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_recorder_create(&config, 0, list, count, &recorder, why),
                     CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_null(recorder);
    ck_assert_msg(strstr(why, word) != NULL, "expected '%s', got: %s", word, why);
}

START_TEST(channels_are_checked) {
    CairnChannel list[17];
    for (int c = 0; c < 17; c++) {
        list[c] = (CairnChannel){"", CAIRN_CHANNEL_U8, 1};
        snprintf(list[c].name, sizeof list[c].name, "c%d", c);
    }
    expect_channels_refused(list, 17, "0 to 16 channels");
    expect_channels_refused(list, -1, "0 to 16 channels");
    list[1] = list[0];
    expect_channels_refused(list, 2, "one name");
    list[1] = (CairnChannel){"", CAIRN_CHANNEL_U8, 1};
    expect_channels_refused(list, 2, "name");
    list[1] = (CairnChannel){"A", CAIRN_CHANNEL_U8, 1};
    expect_channels_refused(list, 2, "name");
    memset(list[1].name, 'a', sizeof list[1].name);
    expect_channels_refused(list, 2, "name");
    list[1] = (CairnChannel){"a", CAIRN_CHANNEL_U8, 0};
    expect_channels_refused(list, 2, "width");
    list[1] = (CairnChannel){"a", CAIRN_CHANNEL_F32, 1025};
    expect_channels_refused(list, 2, "width");
    list[1] = (CairnChannel){"a", (CairnChannelType)2, 1};
    expect_channels_refused(list, 2, "type");
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("episode");
    TCase* round = tcase_create("round trip");
    tcase_set_timeout(round, 60);
    tcase_add_checked_fixture(round, make_folder, remove_folder);
    tcase_add_loop_test(round, episodes_read_back_and_play_again, 0, CONFIGS);
    tcase_add_test(round, recordings_may_stop_before_the_end);
    tcase_add_test(round, opened_episodes_stand_at_their_first_state);
    tcase_add_test(round, verifying_finds_what_does_not_fit);
    tcase_add_test(round, committed_files_play_again);
    tcase_add_test(round, ten_thousand_random_steps_take_less_than_10_kb);
    tcase_add_test(round, the_step_limit_holds);
    tcase_add_test(round, channels_are_checked);
    suite_add_tcase(made, round);
    return made;
}
