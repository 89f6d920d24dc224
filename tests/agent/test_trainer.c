// Iterations: same bits, honest counts, a clean way out, and learning.
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/agent/small.h"
#include "tests/suite.h"

static uint64_t hash_after(const AgentConfig* config, int iterations) {
    AgentTrainer* trainer = small_trainer_after(config, iterations);
    uint64_t hash = small_hash(trainer);
    agent_trainer_destroy(trainer);
    return hash;
}

START_TEST(same_bits_twice) {
    AgentConfig config = small_config();
    config.threads = _i;
    uint64_t once = hash_after(&config, 4);
    ck_assert_uint_eq(once, hash_after(&config, 4));
    config.seed++;
    ck_assert_uint_ne(once, hash_after(&config, 4));
}
END_TEST

// Two phases and a rollout; pictures with one, two and three threads, then cells.
START_TEST(same_bits_twice_with_distillation) {
    AgentConfig config = small_distil_config();
    config.threads = _i < 3 ? _i + 1 : 2;
    config.encoder = _i < 3 ? AGENT_ENCODER_TILE : AGENT_ENCODER_SYMBOLIC;
    config.distil_pack = _i % 2;
    config.distil_sources = _i % 2 ? 2 : 1;
    config.distil_whole_episodes = _i % 2 == 0;
    uint64_t once = hash_after(&config, 11);
    ck_assert_uint_eq(once, hash_after(&config, 11));
    config.seed++;
    ck_assert_uint_ne(once, hash_after(&config, 11));
}
END_TEST

// Threads share nothing of what their worlds remember.
START_TEST(same_bits_twice_with_memory) {
    AgentConfig config = small_context_config(_i ? AGENT_CONTEXT_MERGE : AGENT_CONTEXT_CONCAT);
    config.threads = 2;
    uint64_t once = hash_after(&config, 5);
    ck_assert_uint_eq(once, hash_after(&config, 5));
}
END_TEST

START_TEST(counts_add_up) {
    AgentConfig config = small_config();
    config.threads = 2;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    int64_t episodes = 0, steps = 0, last[6] = {0};
    for (int i = 1; i <= 5; i++) {
        small_iterate(trainer, &iteration);
        ck_assert_int_eq(iteration.progress.iterations, i);
        ck_assert_int_eq(iteration.progress.env_steps, 120 * i);
        ck_assert_int_eq(iteration.progress.updates, 2 * 3 * i);
        int64_t before = 0;
        for (int e = 0; e < iteration.episode_count; e++) {
            const AgentEpisode* episode = &iteration.episodes[e];
            ck_assert(episode->env_steps > 120 * (i - 1) && episode->env_steps <= 120 * i);
            ck_assert_int_ge(episode->env_steps * 6 + episode->world, before);
            before = episode->env_steps * 6 + episode->world;
            ck_assert_int_eq(episode->number, ++last[episode->world]);
            ck_assert(episode->length >= 1 && episode->length <= 25);
            ck_assert(episode->terminated || episode->length == 25);
            steps += episode->length;
            episodes++;
        }
        ck_assert_int_eq(iteration.progress.episodes, episodes);
        ck_assert(isfinite(iteration.loss) && isfinite(iteration.gradient_norm));
        ck_assert(iteration.approx_kl >= 0 && iteration.entropy > 1);
        ck_assert(iteration.entropy <= log(CAIRN_ACTIONS) + 1e-6);
        ck_assert(iteration.clip_fraction >= 0 && iteration.clip_fraction <= 1);
        ck_assert(iteration.explained_variance <= 1);
    }
    for (int w = 0; w < 6; w++) {
        steps += trainer->run[w].length;
    }
    ck_assert_int_eq(steps, 600); // finished or under way, every step belongs to an episode
    ck_assert_int_ge(episodes, 18);
    agent_trainer_destroy(trainer);
}
END_TEST

// The reward of an episode is what its achievements and the change of health explain.
START_TEST(rewards_match_achievements) {
    AgentConfig config = small_config();
    config.length = 100;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    int unlocked_ever = 0;
    for (int i = 0; i < 15; i++) {
        small_iterate(trainer, &iteration);
        for (int e = 0; e < iteration.episode_count; e++) {
            int unlocked = 0;
            for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
                unlocked += iteration.episodes[e].achievements[k] > 0;
            }
            unlocked_ever += unlocked;
            double rest = iteration.episodes[e].reward - unlocked; // health, from 9 to 0 at worst
            ck_assert_msg(rest <= 1e-9 && rest >= -0.9 - 1e-9, "reward %g with %d unlocked",
                          iteration.episodes[e].reward, unlocked);
        }
    }
    ck_assert_int_gt(unlocked_ever, 0);
    agent_trainer_destroy(trainer);
}
END_TEST

// Every step's set of earlier unlocks, replayed from the sets themselves.
START_TEST(unlocked_sets_grow_and_reset) {
    AgentConfig config = small_config();
    config.unlocked = true;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    bool grew = false;
    for (int i = 0; i < 10; i++) {
        small_iterate(trainer, &iteration);
        const Rollout* r = &trainer->rollout;
        for (int w = 0; w < 6; w++) {
            for (int t = 1; t < 20; t++) {
                int now = t * 6 + w, before = now - 6;
                ck_assert_uint_eq(r->observations.unlocked[now], r->unlocked_before[now]);
                if (r->terminated[before] || r->truncated[before]) {
                    ck_assert_uint_eq(r->unlocked_before[now], 0);
                } else {
                    uint32_t fresh = r->unlocked_before[now] & ~r->unlocked_before[before];
                    ck_assert_uint_eq(r->unlocked_before[before] & ~r->unlocked_before[now], 0);
                    // +1 per unlock, and at most -0.9 of health beside it
                    ck_assert_int_eq(fresh != 0, r->reward[before] > 0.1 + 1e-9);
                    grew = grew || fresh;
                }
            }
        }
    }
    ck_assert(grew);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(values_are_bootstrapped_at_cuts_if_asked) {
    for (int bootstrap = 0; bootstrap < 2; bootstrap++) {
        AgentConfig config = small_config();
        config.length = 7;
        config.bootstrap_truncated = bootstrap;
        AgentTrainer* trainer = small_trainer(&config);
        AgentIteration iteration;
        small_iterate(trainer, &iteration);
        const Rollout* r = &trainer->rollout;
        int cuts = 0;
        for (int i = 0; i < 120; i++) {
            if (r->truncated[i] && !r->terminated[i]) {
                double after = bootstrap ? 0.95 * (double)r->cut_value[i] : 0;
                ck_assert_double_eq_tol((double)r->target[i], r->reward[i] + after, 1e-5);
                ck_assert_int_eq(r->cut_value[i] != 0, bootstrap);
                cuts++;
            }
        }
        ck_assert_int_ge(cuts, 6);
        agent_trainer_destroy(trainer);
    }
}
END_TEST

START_TEST(learning_rate_anneals) {
    AgentConfig config = small_config(); // 1200 steps in all, 120 each
    config.anneal = true;
    config.final_fraction = 0.1;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    for (int i = 0; i < 12; i++) {
        small_iterate(trainer, &iteration);
        double expected = 3e-4 * (1 - 0.9 * fmin(i / 10.0, 1));
        ck_assert_double_eq_tol(iteration.learning_rate, expected, 1e-12);
    }
    agent_trainer_destroy(trainer);
}
END_TEST

// What a target at a rollout's end takes from the values after it tells gamma, the one before
// lambda.
START_TEST(targets_have_gamma_and_lambda) {
    AgentConfig config = small_config();
    config.gamma = _i ? 0.99 : 0.95;
    config.lambda = _i ? 0.9 : 0.65;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    int told = 0;
    for (int i = 0; i < 12; i++) {
        small_iterate(trainer, &iteration);
        const Rollout* r = &trainer->rollout;
        for (int w = 0; w < 6; w++) {
            int last = 19 * 6 + w, before = last - 6;
            if (r->terminated[last] || r->truncated[last] || r->terminated[before] ||
                r->truncated[before]) {
                continue;
            }
            double target = r->reward[last] + config.gamma * (double)r->value[last + 6];
            ck_assert_double_eq_tol((double)r->target[last], target, 1e-6);
            double advantage = target - (double)r->value[last];
            target = r->reward[before] +
                     config.gamma * ((double)r->value[last] + config.lambda * advantage);
            ck_assert_double_eq_tol((double)r->target[before], target, 1e-6);
            told++;
        }
    }
    ck_assert_int_gt(told, 40);
    agent_trainer_destroy(trainer);
}
END_TEST

typedef struct Alarm {
    volatile sig_atomic_t stop;
    long nanoseconds;
} Alarm;

static void* set_later(void* context) {
    Alarm* alarm = context;
    nanosleep(&(struct timespec){.tv_nsec = alarm->nanoseconds}, NULL);
    __atomic_store_n(&alarm->stop, 1, __ATOMIC_RELAXED);
    return NULL;
}

// Wherever the flag strikes, the trainer is as before and goes on as if nothing had happened.
START_TEST(stopping_leaves_no_trace) {
    AgentConfig config = _i ? small_distil_config() : small_config();
    config.threads = 2;
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    char why[AGENT_WHY];
    small_iterate(trainer, &iteration);
    int64_t done = 1;
    for (long wait = 0; wait < 20; wait++) {
        uint64_t before = small_hash(trainer);
        Alarm alarm = {.nanoseconds = wait * 200000};
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, set_later, &alarm), 0);
        AgentStatus status = agent_trainer_iterate(trainer, &alarm.stop, &iteration, why);
        pthread_join(thread, NULL);
        ck_assert(status == AGENT_STOPPED || status == AGENT_OK);
        done += status == AGENT_OK;
        ck_assert_int_eq(small_hash(trainer) == before, status == AGENT_STOPPED);
    }
    volatile sig_atomic_t set = 1;
    ck_assert_int_eq(agent_trainer_iterate(trainer, &set, &iteration, why), AGENT_STOPPED);
    ck_assert_uint_eq(small_hash(trainer), hash_after(&config, (int)done));
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(a_gradient_that_is_not_finite_is_reported) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    char why[AGENT_WHY] = "";
    trainer->weights[trainer->weight_count - 1] = (NetReal)NAN; // bias of the value head
    ck_assert_int_eq(agent_trainer_iterate(trainer, NULL, &iteration, why), AGENT_DIVERGED);
    ck_assert_msg(strstr(why, "not finite"), "%s", why);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(bad_configs_are_refused) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = (AgentTrainer*)&config;
    char why[AGENT_WHY] = "";
    config.minibatch = 41;
    ck_assert_int_eq(agent_trainer_create(&config, &trainer, why), AGENT_BAD_CONFIG);
    ck_assert_ptr_null(trainer);
    ck_assert_msg(strstr(why, "ppo.minibatch is 41"), "%s", why);
    agent_trainer_destroy(NULL);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("trainer");
    TCase* c = tcase_create("trainer");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, same_bits_twice, 1, 4);
    tcase_add_loop_test(c, same_bits_twice_with_distillation, 0, 4);
    tcase_add_loop_test(c, same_bits_twice_with_memory, 0, 2);
    tcase_add_test(c, counts_add_up);
    tcase_add_test(c, rewards_match_achievements);
    tcase_add_test(c, unlocked_sets_grow_and_reset);
    tcase_add_test(c, values_are_bootstrapped_at_cuts_if_asked);
    tcase_add_test(c, learning_rate_anneals);
    tcase_add_loop_test(c, targets_have_gamma_and_lambda, 0, 2);
    tcase_add_loop_test(c, stopping_leaves_no_trace, 0, 2);
    tcase_add_test(c, a_gradient_that_is_not_finite_is_reported);
    tcase_add_test(c, bad_configs_are_refused);
    suite_add_tcase(s, c);
    return s;
}
