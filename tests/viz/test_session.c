// Proves viz/track.c, viz/thought.c and viz/session.c: every step of an episode is the one that
// playing it straight on gives, whichever way it is reached; marks; damaged files; recording.
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/viz/episodes.h"
#include "viz/session.h"

static char folder[64], path[160];

static void setup(void) {
    snprintf(folder, sizeof folder, "/tmp/cairn-view-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/it.cairn", folder);
}

static void teardown(void) {
    DIR* directory = opendir(folder);
    for (struct dirent* entry; (entry = readdir(directory));) {
        if (entry->d_name[0] != '.') {
            char name[512];
            snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
            (void)remove(name);
        }
    }
    closedir(directory);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void write_episode(int64_t steps, bool agent) {
    char why[CAIRN_WHY] = "";
    ck_assert_msg(episode_write(path, steps, 3, agent, why) == CAIRN_OK, "%s", why);
}

static Session* open_path(void) {
    SessionOptions options = session_default_options(SESSION_REPLAY);
    const char* names[] = {path};
    options.path = names, options.path_count = 1;
    Session* session = NULL;
    char why[SESSION_WHY] = "";
    ck_assert_msg(session_create(&options, &session, why), "%s", why);
    session->options.path = NULL; // it was borrowed
    return session;
}

static void seek(Session* session, int64_t step) {
    char why[SESSION_WHY] = "";
    ck_assert_msg(session_seek(session, step, why), "%s", why);
}

// The world's whole state, generator included, as a number.
static uint64_t state_of(const Cairn* world) {
    static uint8_t bytes[1 << 20];
    size_t size = 0;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_save_world(world, 0, bytes, sizeof bytes, &size, why) == CAIRN_OK, "%s",
                  why);
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

// ---------------------------------------------------------------- seeking
START_TEST(any_step_is_the_one_of_playing_on) {
    enum { STEPS = 1500 };
    static uint64_t expected[STEPS + 1];
    write_episode(STEPS, false);
    CairnEpisode* episode = NULL;
    Cairn* world = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_episode_load(path, &episode, why) == CAIRN_OK, "%s", why);
    ck_assert(cairn_episode_open(episode, NULL, NULL, &world, why) == CAIRN_OK);
    for (int64_t t = 0; t <= STEPS; t++) {
        expected[t] = state_of(world);
        const int32_t action = t < STEPS ? episode->action[t] : 0;
        cairn_step(world, &action, &(CairnOutput){0});
    }
    Session* session = open_path();
    uint64_t random = 1;
    for (int i = 0; i < 600; i++) { // back and forth, single steps and ends among them
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const int64_t here = session->playback.position;
        const int64_t wanted[] = {(int64_t)((random >> 33) % (STEPS + 1)), here - 1, here + 1, 0,
                                  STEPS};
        seek(session, wanted[i % 7 < 4 ? 0 : i % 5]);
        const int64_t step = session->playback.position;
        ck_assert_msg(state_of(track_world(session->track)) == expected[step],
                      "step %lld differs from playing on", (long long)step);
    }
    session_destroy(session);
    cairn_destroy(world);
    cairn_episode_destroy(episode);
}
END_TEST

// Snapshots thin out as an episode grows, and still lead to the right step.
START_TEST(long_episodes_keep_their_snapshots_few) {
    CairnConfig config = cairn_default_config();
    config.length = 0;
    Track *track = NULL, *other = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert(track_create(&config, 1, &track, why) == CAIRN_OK);
    ck_assert(track_create(&config, 1, &other, why) == CAIRN_OK);
    const int64_t last = (int64_t)TRACK_STRIDE * TRACK_SNAPSHOTS_MAX + 500, looked = 66000;
    uint64_t expected = 0;
    for (int64_t t = 0; t < last; t++) {
        ck_assert(track_append(track, (int32_t)(t % CAIRN_ACTIONS), NULL, why) == CAIRN_OK);
        if (t < looked) {
            ck_assert(track_append(other, (int32_t)(t % CAIRN_ACTIONS), NULL, why) == CAIRN_OK);
        }
    }
    expected = state_of(track_world(other));
    for (int i = 0; i < 5; i++) {
        ck_assert(track_seek(track, i * 10000, why) == CAIRN_OK);
        ck_assert(track_seek(track, looked, why) == CAIRN_OK);
        ck_assert_uint_eq(state_of(track_world(track)), expected);
    }
    track_destroy(track);
    track_destroy(other);
}
END_TEST

// ---------------------------------------------------------------- what a step did
START_TEST(marks_tell_what_happened) {
    write_episode(1200, false);
    CairnEpisode* episode = NULL;
    Cairn* world = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert(cairn_episode_load(path, &episode, why) == CAIRN_OK);
    double reward = 0, total = 0;
    uint8_t inventory[CAIRN_ITEMS] = {0}, unlocked[CAIRN_ACHIEVEMENTS] = {0}, terminated = 0;
    float status[CAIRN_STATUS_SIZE] = {0};
    const CairnOutput output = {.observation.status = status,
                                .reward = &reward,
                                .terminated = &terminated,
                                .unlocked = unlocked,
                                .inventory = inventory};
    ck_assert(cairn_episode_open(episode, NULL, &output, &world, why) == CAIRN_OK);
    Session* session = open_path();
    size_t count = 0, at = 0, seen[4] = {0};
    const TrackMark* mark = track_marks(session->track, &count);
    uint8_t health = 9, dead = 0;
    bool asleep = false;
    for (int64_t t = 1; t <= episode->length; t++) {
        const int32_t action = episode->action[t - 1];
        cairn_step(world, &action, &output);
        total += reward;
        const TrackStep* step = track_step(session->track, t);
        ck_assert_double_eq(step->reward, reward);
        ck_assert_double_eq(step->total, total);
        ck_assert_int_eq(step->action, action);
        for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
            if (unlocked[a]) {
                ck_assert_int_eq(mark[at].kind, TRACK_UNLOCKED);
                ck_assert_int_eq(mark[at].achievement, a);
                ck_assert_int_eq(mark[at].step, t);
                ck_assert_int_eq(track_unlock_step(session->track, a), t);
                seen[mark[at++].kind]++;
            }
        }
        const bool sleeping = status[CAIRN_ITEMS + 2] > 0;
        const bool expected[] = {sleeping && !asleep, inventory[CAIRN_HEALTH] < health,
                                 terminated && !dead};
        const TrackMarkKind kind[] = {TRACK_SLEEP, TRACK_DAMAGE, TRACK_DEATH};
        for (int i = 0; i < 3; i++) {
            if (expected[i]) {
                ck_assert_int_eq(mark[at].kind, kind[i]);
                ck_assert_int_eq(mark[at].step, t);
                seen[mark[at++].kind]++;
            }
        }
        health = inventory[CAIRN_HEALTH], asleep = sleeping, dead = terminated;
    }
    ck_assert_uint_eq(at, count);
    for (int kind = 0; kind < 4; kind++) {
        ck_assert_msg(seen[kind] > 0, "the episode has no mark of kind %d", kind);
    }
    ck_assert_str_eq(session->note, ""); // it played as its end says
    session_destroy(session);
    cairn_destroy(world);
    cairn_episode_destroy(episode);
}
END_TEST

START_TEST(what_was_seen_grows_with_the_steps) {
    write_episode(400, false);
    Session* session = open_path();
    const int32_t* seen = track_seen(session->track);
    const TrackStep* first = track_step(session->track, 0);
    int32_t at_first = 0, in_all = 0;
    for (int32_t x = 0; x < 64; x++) {
        for (int32_t y = 0; y < 64; y++) {
            const bool near = abs(x - first->x) <= 4 && abs(y - first->y) <= 3;
            ck_assert_int_eq(seen[x * 64 + y] == 0, near);
            at_first += seen[x * 64 + y] == 0;
            in_all += seen[x * 64 + y] <= 400;
        }
    }
    ck_assert_int_eq(at_first, 63);
    ck_assert_int_gt(in_all, 80);
    session_destroy(session);
}
END_TEST

// ---------------------------------------------------------------- what the agent said
START_TEST(thoughts_are_the_channels) {
    write_episode(120, true);
    Session* session = open_path();
    Thought thought;
    ck_assert(session->parts.has_value && session->parts.has_expects);
    for (int64_t t = 0; t < 120; t++) {
        session_thought(session, t, &thought);
        ck_assert(thought.has_value && thought.has_entropy && thought.has_probability);
        ck_assert(thought.has_expects && thought.has_similarity);
        float sum = 0;
        for (int a = 0; a < CAIRN_ACTIONS; a++) {
            sum += thought.probability[a];
        }
        ck_assert_float_eq_tol(sum, 1, 1e-4f);
        ck_assert_int_eq(thought.expects[0], (t / 30) % 22);
        ck_assert_int_eq(session_next_action(session, t), session->episode->action[t]);
    }
    session_thought(session, 120, &thought); // nothing is said after the last step
    ck_assert(!thought.has_value && !thought.has_expects);
    ck_assert_int_eq(session_next_action(session, 120), -1);
    session_destroy(session);
}
END_TEST

// Bits of any kind may stand in a file: numbers that are none, ids out of range, other widths.
START_TEST(strange_channels_count_as_absent) {
    const CairnConfig config = cairn_default_config();
    static const CairnChannel channels[] = {{"value", CAIRN_CHANNEL_F32, 1},
                                            {"entropy", CAIRN_CHANNEL_F32, 2},
                                            {"expects", CAIRN_CHANNEL_U8, 3},
                                            {"similarity", CAIRN_CHANNEL_F32, 3},
                                            {"action_prob", CAIRN_CHANNEL_U8, CAIRN_ACTIONS}};
    CairnRecorder* recorder = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert(cairn_recorder_create(&config, 0, channels, 5, &recorder, why) == CAIRN_OK);
    cairn_recorder_begin(recorder, 1);
    const float value[] = {NAN, INFINITY, 1.5f}, two[2] = {0}, similarity[3] = {-7, 0.5f, 1e30f};
    const uint8_t expects[3] = {22, 254, 4}, probability[CAIRN_ACTIONS] = {0};
    for (int t = 0; t < 3; t++) {
        const void* data[] = {&value[t], two, expects, similarity, probability};
        ck_assert(cairn_recorder_step(recorder, 0, 0, data, why) == CAIRN_OK);
    }
    const int32_t none[CAIRN_ACHIEVEMENTS] = {0};
    ck_assert(cairn_recorder_save(recorder, path, none, false, false, why) == CAIRN_OK);
    cairn_recorder_destroy(recorder);
    Session* session = open_path();
    Thought thought;
    ck_assert(!session->parts.has_entropy && !session->parts.has_probability);
    session_thought(session, 0, &thought);
    ck_assert(!thought.has_value && thought.has_expects && thought.has_similarity);
    ck_assert_int_eq(thought.expects[0], THOUGHT_NOTHING);
    ck_assert_int_eq(thought.expects[1], THOUGHT_NOTHING);
    ck_assert_int_eq(thought.expects[2], 4);
    ck_assert_float_eq(thought.similarity[0], -1);
    ck_assert_float_eq(thought.similarity[2], 1);
    session_thought(session, 2, &thought);
    ck_assert(thought.has_value);
    session_destroy(session);
}
END_TEST

// ---------------------------------------------------------------- files and playing
START_TEST(broken_files_are_refused_with_their_name) {
    write_episode(50, true);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    for (off_t size = 0; size < info.st_size; size += 1 + info.st_size / 40) {
        write_episode(50, true);
        ck_assert_int_eq(truncate(path, size), 0);
        SessionOptions options = session_default_options(SESSION_REPLAY);
        const char* names[] = {path};
        options.path = names, options.path_count = 1;
        Session* session = NULL;
        char why[SESSION_WHY] = "";
        ck_assert_msg(!session_create(&options, &session, why), "%lld bytes were accepted",
                      (long long)size);
        ck_assert_ptr_null(session);
        ck_assert_msg(strstr(why, path) && !strchr(why, '\n'), "not a line with the name: %s", why);
    }
}
END_TEST

START_TEST(a_person_plays_and_is_recorded) {
    SessionOptions options = session_default_options(SESSION_PLAY);
    options.seed = 9, options.record = folder;
    Session* session = NULL;
    char why[SESSION_WHY] = "";
    ck_assert_msg(session_create(&options, &session, why), "%s", why);
    static const int32_t actions[] = {CAIRN_MOVE_LEFT, CAIRN_DO, CAIRN_MOVE_UP, CAIRN_SLEEP,
                                      CAIRN_NOOP};
    for (int t = 0; t < 40; t++) {
        ck_assert_msg(session_act(session, actions[t % 5], why), "%s", why);
        if (t == 20) { // looking back changes nothing: the next action follows the head
            seek(session, 3);
        }
    }
    ck_assert(session_forward(session, why)); // the world waits for the person
    ck_assert_int_eq(session_length(session), 40);
    const uint64_t state = state_of(track_world(session->track));
    ck_assert_msg(session_close(session, why), "%s", why);
    snprintf(path, sizeof path, "%s/seed9-episode000001-ach00-len40.cairn", folder);
    if (access(path, F_OK) != 0) { // it slept and woke, or drank
        DIR* directory = opendir(folder);
        for (struct dirent* entry; (entry = readdir(directory));) {
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof path, "%s/%.80s", folder, entry->d_name);
            }
        }
        closedir(directory);
    }
    Session* again = open_path();
    ck_assert_int_eq(session_length(again), 40);
    seek(again, 40);
    ck_assert_uint_eq(state_of(track_world(again->track)), state);
    ck_assert_int_eq(again->episode->action[20], actions[0]);
    session_destroy(again);
}
END_TEST

// The same game once more must not overwrite the first.
START_TEST(recordings_are_never_overwritten) {
    SessionOptions options = session_default_options(SESSION_PLAY);
    options.record = folder;
    char why[SESSION_WHY] = "";
    for (int i = 0; i < 3; i++) {
        Session* session = NULL;
        ck_assert(session_create(&options, &session, why));
        ck_assert(session_act(session, CAIRN_NOOP, why));
        ck_assert_msg(session_close(session, why), "%s", why);
    }
    int files = 0;
    DIR* directory = opendir(folder);
    for (struct dirent* entry; (entry = readdir(directory));) {
        files += strstr(entry->d_name, ".cairn") != NULL;
    }
    closedir(directory);
    ck_assert_int_eq(files, 3);
}
END_TEST

START_TEST(a_world_that_goes_on_takes_what_is_held) {
    SessionOptions options = session_default_options(SESSION_PLAY);
    options.rate = 5;
    Session* session = NULL;
    char why[SESSION_WHY] = "";
    ck_assert(session_create(&options, &session, why));
    session->playback.playing = true;
    for (int i = 0; i < 40; i++) { // two seconds
        ck_assert(session_pass(session, 0.05, i < 20 ? CAIRN_MOVE_LEFT : CAIRN_NOOP, why));
    }
    ck_assert_int_ge(session_length(session), 9);
    ck_assert_int_le(session_length(session), 10);
    ck_assert_int_eq(track_step(session->track, 2)->action, CAIRN_MOVE_LEFT);
    ck_assert_int_eq(track_step(session->track, 8)->action, CAIRN_NOOP);
    session_destroy(session);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("session");
    TCase* tests = tcase_create("session");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, any_step_is_the_one_of_playing_on);
    tcase_add_test(tests, long_episodes_keep_their_snapshots_few);
    tcase_add_test(tests, marks_tell_what_happened);
    tcase_add_test(tests, what_was_seen_grows_with_the_steps);
    tcase_add_test(tests, thoughts_are_the_channels);
    tcase_add_test(tests, strange_channels_count_as_absent);
    tcase_add_test(tests, broken_files_are_refused_with_their_name);
    tcase_add_test(tests, a_person_plays_and_is_recorded);
    tcase_add_test(tests, recordings_are_never_overwritten);
    tcase_add_test(tests, a_world_that_goes_on_takes_what_is_held);
    suite_add_tcase(made, tests);
    return made;
}
