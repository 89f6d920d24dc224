// Checkpoints in the middle of a window of rollouts and of a distillation phase: exact
// continuation, and windows that cannot be.
#include <stdlib.h>
#include <string.h>

#include "agent/distil.h"
#include "tests/agent/saved.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

// Stopped after each rollout of a window and each epoch of a phase, over two phases and a half.
START_TEST(resuming_a_distillation) {
    AgentConfig config = small_distil_config();
    config.threads = 1 + _i % 2;
    config.encoder = _i < 2 ? AGENT_ENCODER_TILE : AGENT_ENCODER_SYMBOLIC;
    config.distil_whole_episodes = _i % 2;
    config.distil_every = _i < 3 ? 3 : 1;
    config.distil_memory = _i == 1 ? AGENT_MEMORY_SUM : AGENT_MEMORY_LAST;
    config.unlocked = _i != 0;
    config.anneal = true;
    AgentTrainer *straight = small_trainer(&config),
                 *stopped = saved_and_loaded(small_trainer(&config));
    int epochs = 0;
    for (int i = 0; i < 13; i++) {
        AgentIteration a, b;
        small_iterate(straight, &a);
        small_iterate(stopped, &b);
        ck_assert_int_eq(a.phase, b.phase);
        ck_assert_int_eq(a.distil_epoch, b.distil_epoch);
        ck_assert_int_eq(a.goals, b.goals);
        ck_assert_double_eq(a.loss, b.loss);
        ck_assert_double_eq(a.matching.loss, b.matching.loss);
        ck_assert_double_eq(a.prediction.loss, b.prediction.loss);
        ck_assert_double_eq(a.prediction.gradient_norm, b.prediction.gradient_norm);
        epochs += a.phase == AGENT_PHASE_DISTILLATION;
        ck_assert_uint_eq(small_hash(stopped), small_hash(straight));
        stopped = saved_and_loaded(stopped);
        ck_assert_uint_eq(small_hash(stopped), small_hash(straight));
    }
    ck_assert_int_ge(epochs, 4);
    agent_trainer_destroy(straight);
    agent_trainer_destroy(stopped);
}
END_TEST

// Where a trainer's array lies in its checkpoint.
static unsigned char* find_array(const Saved* file, const void* array, size_t size) {
    unsigned char* place = memmem(file->bytes, file->size, array, size);
    ck_assert(place);
    size_t rest = file->size - (size_t)(place + 1 - file->bytes);
    ck_assert_msg(!memmem(place + 1, rest, array, size), "not the only place");
    return place;
}

// Writes `size` bytes at a place of the file, which then must be refused, and puts the old ones
// back.
static void refuse_with(AgentTrainer* trainer, Saved* file, unsigned char* place, const void* bytes,
                        size_t size, const char* part) {
    unsigned char kept[16];
    ck_assert_uint_le(size, sizeof kept);
    memcpy(kept, place, size);
    memcpy(place, bytes, size);
    saved_sum(file);
    saved_refuse(trainer, file->bytes, file->size, part);
    memcpy(place, kept, size);
    saved_sum(file);
}

// Windows that cannot be: after two rollouts, and in the middle of a phase.
START_TEST(damaged_windows_are_refused) {
    AgentConfig config = small_distil_config();
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    int rollouts = _i ? 3 : 2, rows = rollouts * 120;
    for (int i = 0; i < rollouts + _i; i++) {
        small_iterate(trainer, &iteration);
    }
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    const Rollout* r = &trainer->rollout;
    unsigned char* action = find_array(&file, r->action, (size_t)rows * sizeof *r->action);
    static const int32_t actions[] = {17, -1, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        refuse_with(trainer, &file, action + (size_t)(i * rows / 4) * 4, &actions[i], 4, "is none");
    }
    unsigned char* ended = find_array(&file, r->ended, (size_t)rows);
    const uint8_t other = !r->ended[7];
    refuse_with(trainer, &file, ended + 7, &other, 1, "to another end");
    const Distil* d = trainer->distil;
    unsigned char* start = find_array(&file, d->start, d->start_size);
    static const uint64_t sizes[] = {0, 1, UINT64_MAX, INT64_MAX, 1 << 20};
    for (int i = 0; i < 5; i++) {
        refuse_with(trainer, &file, start - 8, &sizes[i], 8, ""); // of all worlds
        refuse_with(trainer, &file, start, &sizes[i], 8, "");     // of the first
    }
    unsigned char* random = find_array(&file, &d->random, sizeof d->random);
    static const uint64_t counts[][2] = {{4, 0}, {1, 0},          {0, 0},          {2, 1},
                                         {3, 2}, {UINT64_MAX, 0}, {3, UINT64_MAX}, {3, 7}};
    for (int i = 0; i < 8; i++) { // rollouts stored, epochs done
        refuse_with(trainer, &file, random + sizeof d->random, counts[i], 16, "");
    }
    saved_drop(&file);
    agent_trainer_destroy(trainer);
}
END_TEST

// What window and optimisers are laid out by must be the same.
START_TEST(other_distillations_are_refused) {
    AgentConfig config = small_distil_config(), other;
    AgentTrainer* trainer = small_trainer(&config);
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    static const char* const changes[][3] = {
        {"distil.every", "4", "distil.every is 3, this training's is 4"},
        {"distil.epochs", "3", "distil.epochs is 2, this training's is 3"},
        {"distil.matching", "false", "distil.matching is true, this training's is false"},
        {"distil.prediction", "false", "distil.prediction is true, this training's is false"},
        {"distil.memory", "none", "distil.memory is last, this training's is none"},
        {"distil.memory", "sum", "distil.memory is last, this training's is sum"},
        {"ppo.rollout_steps", "40", "ppo.rollout_steps is 20, this training's is 40"},
    };
    enum { CHANGES = sizeof changes / sizeof changes[0] };
    for (int i = 0; i < CHANGES; i++) {
        char why[AGENT_WHY] = "";
        other = config;
        ck_assert_int_eq(agent_config_set(&other, changes[i][0], changes[i][1], why), AGENT_OK);
        AgentTrainer* another = small_trainer(&other);
        saved_refuse(another, file.bytes, file.size, changes[i][2]);
        agent_trainer_destroy(another);
    }
    other = small_config();
    AgentTrainer* another = small_trainer(&other);
    saved_refuse(another, file.bytes, file.size, "distil.");
    agent_trainer_destroy(another);
    saved_drop(&file);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("checkpoint_distil");
    TCase* c = tcase_create("checkpoint_distil");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, resuming_a_distillation, 0, 4);
    tcase_add_loop_test(c, damaged_windows_are_refused, 0, 2);
    tcase_add_test(c, other_distillations_are_refused);
    suite_add_tcase(s, c);
    return s;
}
