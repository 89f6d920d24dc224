// Evaluation and acting: the same episodes whatever runs beside them.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/policy.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { EPISODES = 21 };

typedef struct Log {
    int count, stop_after;
    AgentEpisode episode[EPISODES + 1]; // by number
    double value_sum[EPISODES + 1];
    bool traced;
} Log;

static bool note(void* context, const AgentEpisode* episode, const AgentTrace* trace) {
    Log* log = context;
    ck_assert(episode->number >= 1 && episode->number <= EPISODES);
    ck_assert_int_eq(log->episode[episode->number].length, 0); // once each
    log->episode[episode->number] = *episode;
    log->count++;
    log->traced = trace != NULL;
    for (int t = 0; trace && t < episode->length; t++) {
        double sum = 0, entropy = 0;
        for (int a = 0; a < CAIRN_ACTIONS; a++) {
            double p = (double)trace->probability[t * CAIRN_ACTIONS + a];
            sum += p;
            entropy -= p * log10(p) / log10(exp(1));
        }
        ck_assert(trace->action[t] >= 0 && trace->action[t] < CAIRN_ACTIONS);
        ck_assert_double_eq_tol(sum, 1, 1e-5);
        ck_assert_double_eq_tol((double)trace->entropy[t], entropy, 1e-4);
        log->value_sum[episode->number] += (double)trace->value[t];
    }
    return log->count != log->stop_after;
}

static AgentPolicy* trained_policy(void) {
    AgentConfig config = small_config();
    config.learning_rate = 5e-3;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    for (int i = 0; i < 3; i++) {
        small_iterate(trainer, &iteration);
    }
    AgentPolicy* policy = NULL;
    char why[AGENT_WHY] = "";
    AgentPolicyConfig acting = {.rows = 5, .dtype = NET_DTYPE_F32};
    ck_assert_msg(agent_policy_of_trainer(trainer, &acting, &policy, why) == AGENT_OK, "%s", why);
    agent_trainer_destroy(trainer);
    return policy;
}

static void play(const AgentPolicy* policy, const AgentEvaluation* evaluation, Log* log) {
    char why[AGENT_WHY] = "";
    *log = (Log){0};
    AgentStatus status = agent_evaluate(policy, evaluation, note, log, NULL, why);
    ck_assert_msg(status == AGENT_OK, "%s", why);
}

START_TEST(threads_and_worlds_change_nothing) {
    AgentPolicy* policy = trained_policy();
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.episodes = EPISODES;
    evaluation.record = true;
    static Log first, other;
    static const int tries[][2] = {{8, 1}, {24, 1}, {24, 2}, {16, 2}, {1, 1}, {1000, 3}};
    evaluation.worlds = 24;
    play(policy, &evaluation, &first);
    ck_assert_int_eq(first.count, EPISODES);
    ck_assert(first.traced);
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        evaluation.worlds = tries[i][0];
        evaluation.threads = tries[i][1];
        play(policy, &evaluation, &other);
        ck_assert_mem_eq(first.episode, other.episode, sizeof first.episode);
        ck_assert_mem_eq(first.value_sum, other.value_sum, sizeof first.value_sum);
    }
    evaluation.seed++;
    play(policy, &evaluation, &other);
    ck_assert(memcmp(first.episode, other.episode, sizeof first.episode) != 0);
    agent_policy_destroy(policy);
}
END_TEST

START_TEST(episodes_are_numbered_from_the_first) {
    AgentPolicy* policy = trained_policy();
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.episodes = EPISODES;
    static Log all, some;
    play(policy, &evaluation, &all);
    ck_assert(!all.traced);
    evaluation.first_episode = 11;
    evaluation.episodes = 10;
    play(policy, &evaluation, &some);
    ck_assert_int_eq(some.count, 10);
    ck_assert_mem_eq(&all.episode[11], &some.episode[11], 10 * sizeof some.episode[0]);
    agent_policy_destroy(policy);
}
END_TEST

START_TEST(greedy_draws_nothing) {
    AgentPolicy* policy = trained_policy();
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.episodes = 8;
    static Log drawn, greedy, again;
    play(policy, &evaluation, &drawn);
    evaluation.greedy = true;
    play(policy, &evaluation, &greedy);
    play(policy, &evaluation, &again);
    ck_assert_mem_eq(greedy.episode, again.episode, sizeof again.episode);
    ck_assert(memcmp(greedy.episode, drawn.episode, sizeof drawn.episode) != 0);
    agent_policy_destroy(policy);
}
END_TEST

START_TEST(can_be_stopped) {
    AgentPolicy* policy = trained_policy();
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.episodes = EPISODES;
    static Log log;
    char why[AGENT_WHY] = "";
    log.stop_after = 3;
    ck_assert_int_eq(agent_evaluate(policy, &evaluation, note, &log, NULL, why), AGENT_STOPPED);
    ck_assert_int_eq(log.count, 3);
    volatile sig_atomic_t stop = 1;
    log = (Log){0};
    ck_assert_int_eq(agent_evaluate(policy, &evaluation, note, &log, &stop, why), AGENT_STOPPED);
    ck_assert_int_eq(log.count, 0);
    agent_policy_destroy(policy);
}
END_TEST

START_TEST(absurd_settings_are_refused) {
    AgentPolicy* policy = trained_policy();
    AgentEvaluation evaluation = agent_default_evaluation();
    char why[AGENT_WHY] = "";
    evaluation.episodes = 0;
    ck_assert_int_eq(agent_evaluate(policy, &evaluation, note, NULL, NULL, why), AGENT_BAD_CONFIG);
    ck_assert_msg(strstr(why, "number of episodes to evaluate is 0"), "%s", why);
    evaluation = agent_default_evaluation();
    evaluation.threads = 1000;
    ck_assert_int_eq(agent_evaluate(policy, &evaluation, note, NULL, NULL, why), AGENT_BAD_CONFIG);
    agent_policy_destroy(policy);
}
END_TEST

// What a policy says about observations agrees with what the trainer noted when it acted on them.
START_TEST(policy_agrees_with_rollout) {
    AgentConfig config = _i ? small_distil_config() : small_config();
    config.unlocked = true;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    char why[AGENT_WHY] = "", *path = small_path("policy.ckpt");
    small_iterate(trainer, &iteration);
    ck_assert_int_eq(agent_checkpoint_save(trainer, path, AGENT_CHECKPOINT_WEIGHTS, NULL, 0, why),
                     AGENT_OK);
    small_iterate(trainer, &iteration); // acted with the weights that were saved
    AgentPolicy* policy = NULL;
    AgentPolicyConfig acting = {.rows = 6, .dtype = NET_DTYPE_F32};
    ck_assert_msg(agent_policy_load(path, &acting, &policy, why) == AGENT_OK, "%s", why);
    unlink(path);
    free(path);
    ck_assert_int_eq(agent_policy_progress(policy).env_steps, 120);
    ck_assert_int_eq(agent_policy_config(policy)->latent, 16);
    AgentMemory* memory = NULL;
    ck_assert_int_eq(agent_memory_create(policy, 6, &memory, why), AGENT_OK);
    const Rollout* r = &trainer->rollout;
    int first = 20 * _i; // with distillation the second rollout lies behind the first
    if (_i) {            // what the rollout before has left
        memcpy(memory->memory.vector, r->memory + (size_t)first * 6 * 16, 6 * 16 * sizeof(NetReal));
    }
    memcpy(memory->unlocked, r->observations.unlocked + (size_t)first * 6, 6 * sizeof(uint32_t));
    for (int t = first; t < first + 20; t++) {
        uint32_t unlocked[6];
        for (int w = 0; w < 6; w++) {
            int row = t * 6 + w;
            bool begins = r->episode_step[row] == 0;
            bool goes_on = t > first && !begins;
            unlocked[w] = goes_on ? r->unlocked_before[row] & ~r->unlocked_before[row - 6] : 0;
            if (begins) {
                agent_memory_begin(memory, w);
            }
        }
        int32_t action[6];
        float value[6], log_prob[6], probability[6 * CAIRN_ACTIONS];
        AgentActions actions = {
            .action = action, .value = value, .log_prob = log_prob, .probability = probability};
        CairnObservation seen = {.pixels = r->observations.pixels + (size_t)t * 6 * AGENT_PIXELS};
        agent_policy_act(policy, memory, 6, &seen, unlocked, NULL, &actions);
        for (int w = 0; w < 6; w++) {
            int row = t * 6 + w;
            double taken =
                log((double)probability[w * CAIRN_ACTIONS + trainer->rollout.action[row]]);
            ck_assert_double_eq_tol((double)value[w], (double)trainer->rollout.value[row], 1e-4);
            ck_assert_double_eq_tol(taken, (double)trainer->rollout.log_prob[row], 1e-4);
            ck_assert_double_ge((double)log_prob[w], taken - 1e-4); // the most probable one
        }
    }
    agent_memory_destroy(memory);
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("evaluate");
    TCase* c = tcase_create("evaluate");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, threads_and_worlds_change_nothing);
    tcase_add_test(c, episodes_are_numbered_from_the_first);
    tcase_add_test(c, greedy_draws_nothing);
    tcase_add_test(c, can_be_stopped);
    tcase_add_test(c, absurd_settings_are_refused);
    tcase_add_loop_test(c, policy_agrees_with_rollout, 0, 2);
    suite_add_tcase(s, c);
    return s;
}
