// Checkpoints: exact continuation, and every kind of broken file refused with a clear line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/checkpoint.h"
#include "agent/file.h"
#include "tests/agent/saved.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

// Stop after each of three iterations, continue in a new trainer: the same numbers as without.
START_TEST(resuming_equals_never_stopping) {
    AgentConfig config = small_config();
    config.threads = _i;
    config.unlocked = _i > 1;
    config.anneal = true;
    AgentTrainer* straight = small_trainer(&config);
    AgentTrainer* stopped = small_trainer(&config);
    for (int i = 0; i < 3; i++) {
        AgentIteration a, b;
        small_iterate(straight, &a);
        small_iterate(stopped, &b);
        ck_assert_double_eq(a.loss, b.loss);
        ck_assert_double_eq(a.approx_kl, b.approx_kl);
        ck_assert_int_eq(a.episode_count, b.episode_count);
        for (int e = 0; e < a.episode_count; e++) {
            ck_assert_double_eq(a.episodes[e].reward, b.episodes[e].reward);
            ck_assert_int_eq(a.episodes[e].number, b.episodes[e].number);
        }
        Saved file;
        saved_make(stopped, AGENT_CHECKPOINT_FULL, &file);
        agent_trainer_destroy(stopped);
        stopped = small_trainer(&config);
        void* blob = NULL;
        size_t blob_size = 0;
        char why[AGENT_WHY] = "";
        ck_assert_msg(agent_checkpoint_load(stopped, file.path, &blob, &blob_size, why) == AGENT_OK,
                      "%s", why);
        ck_assert_uint_eq(blob_size, 4);
        ck_assert_mem_eq(blob, "blob", 4);
        ck_assert_uint_eq(small_hash(stopped), small_hash(straight));
        free(blob);
        saved_drop(&file);
    }
    agent_trainer_destroy(straight);
    agent_trainer_destroy(stopped);
}
END_TEST

START_TEST(info_tells_what_is_inside) {
    AgentConfig config = small_config();
    config.seed = -5;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    small_iterate(trainer, &iteration);
    for (int kind = 0; kind < 2; kind++) {
        Saved file;
        AgentCheckpointInfo info;
        char why[AGENT_WHY] = "";
        saved_make(trainer, (AgentCheckpointKind)kind, &file);
        ck_assert_msg(agent_checkpoint_info(file.path, &info, why) == AGENT_OK, "%s", why);
        ck_assert_int_eq(info.kind, kind);
        ck_assert_uint_eq(info.version, 2);
        ck_assert_uint_eq(info.file_bytes, file.size);
        ck_assert_int_eq(info.config.seed, -5);
        ck_assert_int_eq(info.config.worlds, 6);
        ck_assert_int_eq(info.progress.env_steps, 120);
        ck_assert_int_eq(info.progress.episodes, iteration.progress.episodes);
        ck_assert_uint_eq(info.weight_count, trainer->weight_count);
        ck_assert_uint_eq(info.blob_size, 4);
        if (kind == AGENT_CHECKPOINT_WEIGHTS) {
            ck_assert_uint_lt(file.size, trainer->weight_count * sizeof(NetReal) + 2000);
        }
        saved_drop(&file);
    }
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(broken_files_are_refused) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = small_trainer(&config);
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    saved_refuse(trainer, file.bytes, 0, "is no Cairn checkpoint");
    saved_refuse(trainer, "not a checkpoint at all", 23, "is no Cairn checkpoint");
    for (size_t size = 8; size < file.size; size += size < 200 ? 1 : file.size / 41) {
        saved_refuse(trainer, file.bytes, size, "truncated");
    }
    for (size_t at = 0; at < file.size; at += at < 80 ? 1 : file.size / 37) {
        file.bytes[at] ^= 0x10;
        saved_refuse(trainer, file.bytes, file.size,
                     at < 8    ? "is no Cairn checkpoint"
                     : at < 12 ? "version"
                     : at < 16 ? "checksum"
                     : at < 24 ? "truncated or damaged"
                               : "checksum");
        file.bytes[at] ^= 0x10;
    }
    saved_drop(&file);
    agent_trainer_destroy(trainer);
}
END_TEST

// With a right checksum over wrong bytes, nothing may crash, and a refusal changes nothing: without
// distillation, in the middle of a window and in the middle of a phase.
START_TEST(hostile_files_do_no_harm) {
    AgentConfig config = _i ? small_distil_config() : small_config();
    AgentTrainer* trainer = small_trainer(&config);
    for (int i = 0; i < 1 + _i + (_i > 1); i++) {
        AgentIteration iteration;
        small_iterate(trainer, &iteration);
    }
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    uint64_t good = small_hash(trainer);
    int refused = 0, taken = 0;
    for (size_t at = 24; at < file.size; at += at < 1200 ? 3 : file.size / 97) {
        unsigned char kept = file.bytes[at];
        char why[AGENT_WHY] = "";
        file.bytes[at] ^= 0xff;
        saved_sum(&file);
        if (checkpoint_restore(trainer, file.bytes, file.size, "x", NULL, NULL, why) != AGENT_OK) {
            ck_assert_uint_eq(small_hash(trainer), good);
            refused++;
        } else {
            taken++; // a weight, a pixel: any value is possible
        }
        file.bytes[at] = kept;
        saved_sum(&file);
        ck_assert_msg(checkpoint_restore(trainer, file.bytes, file.size, "x", NULL, NULL, why) ==
                          AGENT_OK,
                      "%s", why);
        ck_assert_uint_eq(small_hash(trainer), good);
    }
    ck_assert_int_gt(refused, 100);
    ck_assert_int_gt(taken, 10);
    saved_drop(&file);
    agent_trainer_destroy(trainer);
}
END_TEST

// There are 22 achievements: a bit beyond them, among those unlocked in the episode or by the last
// step, is no world's.
START_TEST(unknown_achievements_are_refused) {
    AgentConfig config = small_config();
    AgentTrainer *trainer = small_trainer(&config), *other = small_trainer(&config);
    uint32_t* bits = _i % 2 ? &trainer->run[1].just_unlocked : &trainer->run[1].unlocked;
    const bool known = _i < 2;
    *bits = UINT32_C(1) << (known ? CAIRN_ACHIEVEMENTS - 1 : CAIRN_ACHIEVEMENTS);
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    char why[AGENT_WHY] = "";
    if (known) {
        ck_assert_int_eq(checkpoint_restore(other, file.bytes, file.size, "x", NULL, NULL, why),
                         AGENT_OK);
    } else {
        saved_refuse(other, file.bytes, file.size, "the fields of world 1 are out of range");
    }
    saved_drop(&file);
    agent_trainer_destroy(trainer);
    agent_trainer_destroy(other);
}
END_TEST

START_TEST(others_checkpoints_are_refused) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = small_trainer(&config);
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    AgentConfig other = config;
    other.latent = 24;
    AgentTrainer* another = small_trainer(&other);
    saved_refuse(another, file.bytes, file.size, "network.latent is 16, this training's is 24");
    agent_trainer_destroy(another);
    other = config;
    other.worlds = 12;
    another = small_trainer(&other);
    saved_refuse(another, file.bytes, file.size, "world.count is 6, this training's is 12");
    agent_trainer_destroy(another);
    other = config;
    other.length = 26;
    another = small_trainer(&other);
    saved_refuse(another, file.bytes, file.size, "world.length is 25, this training's is 26");
    agent_trainer_destroy(another);
    file.bytes[8]++;
    saved_refuse(trainer, file.bytes, file.size, "version 3, this program reads version 2");
    saved_drop(&file);
    saved_make(trainer, AGENT_CHECKPOINT_WEIGHTS, &file);
    saved_refuse(trainer, file.bytes, file.size, "holds only weights");
    saved_drop(&file);
    agent_trainer_destroy(trainer);
}
END_TEST

// What does not touch network and worlds may change between stop and resume.
START_TEST(settings_may_change_on_resume) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = small_trainer(&config);
    Saved file;
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    config.threads = 2;
    config.total_steps = 99999;
    config.rollout_steps = 40;
    config.entropy_coefficient = 0.02;
    AgentTrainer* another = small_trainer(&config);
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_checkpoint_load(another, file.path, NULL, NULL, why) == AGENT_OK, "%s",
                  why);
    AgentIteration iteration;
    small_iterate(another, &iteration);
    ck_assert_int_eq(iteration.progress.env_steps, 240);
    saved_drop(&file);
    agent_trainer_destroy(another);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(files_that_cannot_be_read) {
    AgentCheckpointInfo info;
    AgentPolicy* policy = NULL;
    AgentPolicyConfig acting = {.rows = 1, .dtype = NET_DTYPE_F32};
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_checkpoint_info("build/no-such-file", &info, why), AGENT_IO);
    ck_assert_msg(strstr(why, "build/no-such-file: cannot open it: No such file"), "%s", why);
    ck_assert_int_eq(agent_checkpoint_info("build", &info, why), AGENT_IO);
    ck_assert_msg(strstr(why, "is no regular file"), "%s", why);
    ck_assert_int_eq(agent_policy_load("/dev/null", &acting, &policy, why), AGENT_IO);
    ck_assert_ptr_null(policy);
}
END_TEST

// A save that fails leaves the old file, and no temporary one.
START_TEST(failed_saves_leave_the_old_file) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = small_trainer(&config);
    char why[AGENT_WHY] = "", *folder = small_path("folder"), *inside = NULL, *gone = NULL;
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    ck_assert(asprintf(&inside, "%s/a.ckpt", folder) > 0);
    ck_assert(asprintf(&gone, "%s.tmp", folder) > 0);
    ck_assert_int_eq(agent_checkpoint_save(trainer, folder, AGENT_CHECKPOINT_FULL, NULL, 0, why),
                     AGENT_IO);
    ck_assert_msg(strstr(why, folder) && strstr(why, "cannot replace it"), "%s", why);
    ck_assert_int_ne(access(gone, F_OK), 0);
    ck_assert_msg(agent_checkpoint_save(trainer, inside, AGENT_CHECKPOINT_FULL, NULL, 0, why) ==
                      AGENT_OK,
                  "%s", why);
    unlink(inside);
    rmdir(folder);
    ck_assert_int_eq(agent_checkpoint_save(trainer, inside, AGENT_CHECKPOINT_FULL, NULL, 0, why),
                     AGENT_IO);
    ck_assert_msg(strstr(why, "No such file"), "%s", why);
    free(folder);
    free(inside);
    free(gone);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("checkpoint");
    TCase* c = tcase_create("checkpoint");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, resuming_equals_never_stopping, 1, 4);
    tcase_add_test(c, info_tells_what_is_inside);
    tcase_add_test(c, broken_files_are_refused);
    tcase_add_loop_test(c, hostile_files_do_no_harm, 0, 3);
    tcase_add_loop_test(c, unknown_achievements_are_refused, 0, 4);
    tcase_add_test(c, others_checkpoints_are_refused);
    tcase_add_test(c, settings_may_change_on_resume);
    tcase_add_test(c, files_that_cannot_be_read);
    tcase_add_test(c, failed_saves_leave_the_old_file);
    suite_add_tcase(s, c);
    return s;
}
