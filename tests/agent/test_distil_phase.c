// Distillation phases of a trainer: when they come, what they find to learn from, odd cases.
#include <stdlib.h>
#include <string.h>

#include "agent/distil.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { WORLDS = 6, STEPS = 20, EVERY = 3, EPOCHS = 2 };

static void epoch(AgentTrainer* trainer, AgentIteration* iteration) {
    small_iterate(trainer, iteration);
    ck_assert_int_eq(iteration->phase, AGENT_PHASE_DISTILLATION);
}

static NetReal* copy_weights(const AgentTrainer* trainer) {
    NetReal* copy = malloc(trainer->weight_count * sizeof *copy);
    memcpy(copy, trainer->weights, trainer->weight_count * sizeof *copy);
    return copy;
}

static bool same_weights(const AgentTrainer* trainer, const NetReal* weights) {
    return memcmp(trainer->weights, weights, trainer->weight_count * sizeof *weights) == 0;
}

// ---------------------------------------------------------------- when
START_TEST(after_every_third_rollout) {
    AgentConfig config = small_distil_config();
    config.anneal = true;
    config.final_fraction = 0.1;
    config.distil_learning_rate = 2e-3;
    AgentTrainer* trainer = small_trainer(&config);
    for (int i = 0; i < 2 * (EVERY + EPOCHS); i++) {
        AgentIteration iteration;
        int place = i % (EVERY + EPOCHS), rollouts = i / (EVERY + EPOCHS) * EVERY;
        bool distils = place >= EVERY;
        rollouts += distils ? EVERY : place + 1;
        double rate = distils ? 2e-3 : 3e-4; // annealed by the steps taken before the iteration
        double done = (rollouts - !distils) * WORLDS * STEPS / 1200.0;
        small_iterate(trainer, &iteration);
        ck_assert_int_eq(iteration.phase, distils ? AGENT_PHASE_DISTILLATION : AGENT_PHASE_PPO);
        ck_assert_int_eq(iteration.distil_epoch, distils ? place - EVERY + 1 : 0);
        ck_assert_int_eq(iteration.progress.iterations, rollouts);
        ck_assert_int_eq(iteration.progress.env_steps, rollouts * WORLDS * STEPS);
        ck_assert_double_eq_tol(iteration.learning_rate, rate * (1 - 0.9 * done), 1e-12);
        if (distils) {
            ck_assert_int_eq(iteration.episode_count, 0);
            ck_assert_double_eq(trainer->adam[2].learning_rate, iteration.learning_rate);
        }
    }
    agent_trainer_destroy(trainer);
}
END_TEST

// Four rollouts in all: the phase after the third, none after the fourth.
START_TEST(done_when_steps_and_phase_are) {
    for (int rollouts = EVERY; rollouts <= EVERY + 1; rollouts++) {
        AgentConfig config = small_distil_config();
        config.total_steps = rollouts * WORLDS * STEPS;
        AgentTrainer* trainer = small_trainer(&config);
        int ppo = 0, epochs = 0;
        while (!agent_trainer_done(trainer)) {
            AgentIteration iteration;
            small_iterate(trainer, &iteration);
            *(iteration.phase == AGENT_PHASE_PPO ? &ppo : &epochs) += 1;
        }
        ck_assert_int_eq(ppo, rollouts);
        ck_assert_int_eq(epochs, EPOCHS);
        agent_trainer_destroy(trainer);
    }
}
END_TEST

// The three optimisers count their own updates, which add up to the trainer's.
START_TEST(optimisers_are_apart) {
    AgentConfig config = small_distil_config();
    AgentTrainer* trainer = small_before_phase(&config);
    uint64_t ppo = trainer->adam[0].updates;
    ck_assert_uint_eq(ppo, EVERY * 2 * 3); // epochs, minibatches
    AgentIteration first, second;
    epoch(trainer, &first);
    epoch(trainer, &second);
    ck_assert_int_gt(first.matching.updates, 0);
    ck_assert_int_gt(first.prediction.updates, 0);
    ck_assert_uint_eq(trainer->adam[0].updates, ppo);
    ck_assert_int_eq((int64_t)trainer->adam[1].updates,
                     first.matching.updates + second.matching.updates);
    ck_assert_int_eq((int64_t)trainer->adam[2].updates,
                     first.prediction.updates + second.prediction.updates);
    ck_assert_int_eq(second.progress.updates,
                     (int64_t)(ppo + trainer->adam[1].updates + trainer->adam[2].updates));
    agent_trainer_destroy(trainer);
}
END_TEST

// At first the policy is the one that the phase began with, and the losses are those of vectors
// that nothing has taught yet; epochs bring them down.
START_TEST(epochs_learn) {
    AgentConfig config = small_distil_config();
    config.distil_epochs = 20;
    config.distil_learning_rate = 2e-3;
    AgentTrainer* trainer = small_before_phase(&config);
    AgentIteration first, last;
    epoch(trainer, &first);
    for (int i = 1; i < 20; i++) {
        epoch(trainer, &last);
    }
    ck_assert_double_lt(last.prediction.loss, 0.8 * first.prediction.loss);
    ck_assert_double_lt(first.matching.kl, 1e-3);
    ck_assert_double_lt(last.prediction.kl, 0.05);
    ck_assert_double_ge(first.matching.kl, -1e-6);
    agent_trainer_destroy(trainer);
}
END_TEST

// ---------------------------------------------------------------- what it finds
typedef struct Count {
    int trajectories, goals, last_step;
} Count;

// Whole episodes of the window, counted by their rewards: an unlock gives 1, health at most 0.1.
static Count count_world(const AgentTrainer* trainer, int world, int steps) {
    const Rollout* r = &trainer->rollout;
    Count count = {0};
    int goals = 0;
    bool whole = false;
    for (int t = 0; t < steps; t++) {
        int row = t * trainer->config.worlds + world;
        bool unlocks = r->reward[row] > 0.1 + 1e-9;
        if (r->episode_step[row] == 0) {
            whole = true;
            goals = 0;
        }
        goals += unlocks && !r->ended[row];
        if (r->ended[row] && whole) {
            count.last_step += unlocks;
            count.trajectories += goals > 0;
            count.goals += goals;
        }
    }
    return count;
}

static Count count_window(const AgentTrainer* trainer) {
    Count sum = {0};
    int steps = (int)trainer_history_rows(trainer) / trainer->config.worlds;
    for (int world = 0; world < trainer->config.worlds; world++) {
        Count count = count_world(trainer, world, steps);
        sum.trajectories += count.trajectories;
        sum.goals += count.goals;
        sum.last_step += count.last_step;
    }
    return sum;
}

// Goals are what happened in the episodes, last steps excepted, in every window of a training.
START_TEST(goals_are_what_happened) {
    AgentConfig config = small_distil_config();
    config.rollout_steps = 8;
    config.length = 7;
    config.minibatch = 48;
    config.distil_every = 6;
    config.distil_epochs = 1;
    AgentTrainer* trainer = small_trainer(&config);
    int last_steps = 0, trajectories = 0;
    for (int i = 0; i < 25; i++) {
        AgentIteration iteration;
        while (!distil_pending(trainer)) {
            small_iterate(trainer, &iteration);
        }
        Count count = count_window(trainer);
        epoch(trainer, &iteration);
        ck_assert_int_eq(iteration.trajectories, count.trajectories);
        ck_assert_int_eq(iteration.goals, count.goals);
        last_steps += count.last_step;
        trajectories += count.trajectories;
    }
    ck_assert_int_ge(trajectories, 30);
    ck_assert_int_ge(last_steps, 3); // achievements unlocked on the last step did occur
    agent_trainer_destroy(trainer);
}
END_TEST

// Episodes longer than the eight rollouts of a window: none is whole; pieces can be learned from.
START_TEST(episodes_longer_than_the_window) {
    for (int whole = 0; whole < 2; whole++) {
        AgentConfig config = small_distil_config();
        config.rollout_steps = 5;
        config.length = 10000;
        config.minibatch = 30;
        config.distil_every = 8;
        config.distil_epochs = 1;
        config.distil_whole_episodes = whole;
        AgentTrainer* trainer = small_trainer(&config);
        AgentIteration iteration;
        int trajectories = 0, whole_episodes = 0;
        for (int i = 0; i < 9 * 3; i++) {
            small_iterate(trainer, &iteration);
            if (iteration.phase == AGENT_PHASE_DISTILLATION) {
                trajectories += iteration.trajectories;
                whole_episodes += count_window(trainer).trajectories;
                for (int k = 0; k < trainer->distil->trajectory_count; k++) {
                    const Trajectory* trajectory = &trainer->distil->trajectories[k];
                    ck_assert(trajectory->length <= 40 && trajectory->goal_count > 0);
                    ck_assert(!whole || trajectory->ended);
                }
            }
        }
        if (whole) {
            ck_assert_int_eq(trajectories, whole_episodes); // those cut short by death
        } else {
            ck_assert_int_gt(trajectories, whole_episodes);
        }
        ck_assert_int_ge(trainer->run[0].length + trainer->run[1].length + trainer->run[2].length,
                         120); // episodes did go on from window to window
        agent_trainer_destroy(trainer);
    }
}
END_TEST

// ---------------------------------------------------------------- nothing to learn from
static void check_idle(const AgentPass* pass) {
    ck_assert_int_eq(pass->updates, 0);
    ck_assert_int_eq(pass->pairs, 0);
    ck_assert_double_eq(pass->loss, 0);
    ck_assert_double_eq(pass->gradient_norm, 0);
}

// Phases that find nothing change nothing, and the training goes on.
static void check_idle_phase(AgentTrainer* trainer) {
    AgentIteration iteration;
    NetReal* weights = copy_weights(trainer);
    ValueNorm norm = trainer->norm;
    for (int i = 0; i < EPOCHS; i++) {
        epoch(trainer, &iteration);
        ck_assert_int_eq(iteration.trajectories, 0);
        ck_assert_int_eq(iteration.goals, 0);
        check_idle(&iteration.matching);
        check_idle(&iteration.prediction);
    }
    ck_assert(same_weights(trainer, weights));
    ck_assert_mem_eq(&trainer->norm, &norm, sizeof norm);
    for (size_t i = 0; i < CAIRN_ACHIEVEMENTS * trainer->distil->batch.width; i++) {
        ck_assert_double_eq((double)trainer->distil->prototype[i], 0);
    }
    free(weights);
    small_iterate(trainer, &iteration);
    ck_assert_int_eq(iteration.phase, AGENT_PHASE_PPO);
    agent_trainer_destroy(trainer);
}

START_TEST(episodes_without_goals) {
    AgentConfig config = small_distil_config();
    config.distil_whole_episodes = _i;
    AgentTrainer* trainer = small_before_phase(&config);
    memset(trainer->rollout.unlocked_before, 0, trainer_history_rows(trainer) * sizeof(uint32_t));
    check_idle_phase(trainer);
}
END_TEST

START_TEST(no_complete_episode) {
    AgentConfig config = small_distil_config();
    AgentTrainer* trainer = small_before_phase(&config);
    memset(trainer->rollout.ended, 0, trainer_history_rows(trainer));
    check_idle_phase(trainer);
}
END_TEST

// One episode with a goal has nothing to be matched with, but its own steps to predict.
START_TEST(a_single_trajectory) {
    AgentConfig config = small_distil_config();
    AgentTrainer* trainer = small_before_phase(&config);
    Rollout* r = &trainer->rollout;
    distil_find_trajectories(trainer);
    ck_assert_int_ge(trainer->distil->trajectory_count, 2);
    Trajectory kept = trainer->distil->trajectories[1];
    for (int row = 0; row < EVERY * STEPS * WORLDS; row++) {
        int t = row / WORLDS;
        bool inside = row % WORLDS == kept.world && t >= kept.first && t < kept.first + kept.length;
        r->unlocked_before[row] = inside ? r->unlocked_before[row] : 0;
    }
    NetReal* weights = copy_weights(trainer);
    AgentIteration iteration;
    epoch(trainer, &iteration);
    ck_assert_int_eq(iteration.trajectories, 1);
    ck_assert_int_eq(iteration.goals, kept.goal_count);
    check_idle(&iteration.matching);
    ck_assert_int_eq(iteration.prediction.updates, (kept.length + 23) / 24);
    ck_assert_int_eq(iteration.prediction.pairs, kept.length);
    ck_assert(!same_weights(trainer, weights));
    free(weights);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("distil_phase");
    TCase* c = tcase_create("distil_phase");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, after_every_third_rollout);
    tcase_add_test(c, done_when_steps_and_phase_are);
    tcase_add_test(c, optimisers_are_apart);
    tcase_add_test(c, epochs_learn);
    tcase_add_test(c, goals_are_what_happened);
    tcase_add_test(c, episodes_longer_than_the_window);
    tcase_add_loop_test(c, episodes_without_goals, 0, 2);
    tcase_add_test(c, no_complete_episode);
    tcase_add_test(c, a_single_trajectory);
    suite_add_tcase(s, c);
    return s;
}
