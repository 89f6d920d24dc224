// The memory vector: by hand, and in a trainer's rollouts against one kept beside it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/agent/small.h"
#include "tests/suite.h"

static const double tolerance = sizeof(NetReal) == 8 ? 1e-9 : 1e-3;
static const double rounding = sizeof(NetReal) == 8 ? 1e-12 : 1e-5; // of latents

// ---------------------------------------------------------------- by hand
enum { ROWS = 2, WIDTH = 3 };

typedef struct Arrays {
    NetReal vector[ROWS * WIDTH], latent[ROWS * WIDTH];
} Arrays;

static Memory memory_of(Arrays* arrays) {
    return (Memory){.width = WIDTH,
                    .kind = AGENT_MEMORY_LAST,
                    .vector = arrays->vector,
                    .latent = arrays->latent};
}

static void check_vector(const NetReal* found, double x, double y, double z) {
    double error = sizeof(NetReal) == 8 ? 1e-15 : 1e-7;
    ck_assert_double_eq_tol((double)found[0], x, error);
    ck_assert_double_eq_tol((double)found[1], y, error);
    ck_assert_double_eq_tol((double)found[2], z, error);
}

START_TEST(only_unlocks_change_it) {
    Arrays arrays = {.vector = {0, 0, 0, 7, 8, 9}, .latent = {0, 0, 0, 1, 2, 3}}, other = arrays;
    Memory memory = memory_of(&arrays);
    static const NetReal seen[][WIDTH] = {{1, 2, 3}, {1, 5, 7}, {2, 5, 7}, {2, 5, 5}};
    memory_begin(&memory, 0);
    memory_observe(&memory, 0, seen[0], false);
    check_vector(arrays.vector, 0, 0, 0);
    memory_observe(&memory, 0, seen[1], true); // (0, 3, 4) / 5
    check_vector(arrays.vector, 0, 0.6, 0.8);
    memory_observe(&memory, 0, seen[2], false);
    check_vector(arrays.vector, 0, 0.6, 0.8);
    memory_observe(&memory, 0, seen[3], true); // from the observation before, not from the unlock
    check_vector(arrays.vector, 0, 0, -1);
    memory_begin(&memory, 0);
    check_vector(arrays.vector, 0, 0, 0);
    // The other row is another world's.
    ck_assert_mem_eq(arrays.vector + WIDTH, other.vector + WIDTH, WIDTH * sizeof(NetReal));
    ck_assert_mem_eq(arrays.latent + WIDTH, other.latent + WIDTH, WIDTH * sizeof(NetReal));
    memory_observe(&memory, 1, seen[0], true);
    check_vector(arrays.vector + WIDTH, 0, 0, 0); // nothing changed: no direction
}
END_TEST

START_TEST(unlocks_add_up) {
    Arrays arrays = {.vector = {7, 8, 9}};
    Memory memory = memory_of(&arrays);
    memory.kind = AGENT_MEMORY_SUM;
    static const NetReal seen[][WIDTH] = {{1, 2, 3}, {1, 5, 7}, {2, 5, 7}, {2, 5, 5}};
    memory_begin(&memory, 0);
    memory_observe(&memory, 0, seen[0], false);
    memory_observe(&memory, 0, seen[1], true); // (0, 3, 4) / 5
    check_vector(arrays.vector, 0, 0.6, 0.8);
    memory_observe(&memory, 0, seen[2], false);
    check_vector(arrays.vector, 0, 0.6, 0.8);
    memory_observe(&memory, 0, seen[3], true); // from the observation before, not from the unlock
    check_vector(arrays.vector, 0, 0.6, -0.2);
    ck_assert_mem_eq(arrays.latent, seen[3], sizeof seen[3]);
    memory_begin(&memory, 0);
    check_vector(arrays.vector, 0, 0, 0);
}
END_TEST

START_TEST(sets_of_achievements) {
    NetReal vector[2 * CAIRN_ACHIEVEMENTS] = {0}, latent[2 * CAIRN_ACHIEVEMENTS], seen[22] = {0};
    Memory memory = {CAIRN_ACHIEVEMENTS, AGENT_MEMORY_SET, vector, latent};
    memory_observe(&memory, 1, seen, 0);
    memory_observe(&memory, 1, seen, 1 << 3 | 1 << 21);
    memory_observe(&memory, 1, seen, 0);
    memory_observe(&memory, 1, seen, 1);
    for (int i = 0; i < 2 * CAIRN_ACHIEVEMENTS; i++) {
        bool one = i == 22 || i == 22 + 3 || i == 22 + 21;
        ck_assert_int_eq((int)vector[i], one);
    }
    memory_begin(&memory, 1);
    ck_assert_int_eq((int)vector[22 + 3], 0);
}
END_TEST

START_TEST(goal_vectors) {
    static const NetReal before[WIDTH] = {1, 2, 2}, after[WIDTH] = {4, 2, -2};
    NetReal goal[WIDTH];
    ck_assert_double_eq_tol((double)goal_vector(WIDTH, before, after, goal), 5, 1e-6);
    check_vector(goal, 0.6, 0, -0.8);
    ck_assert_double_eq_tol((double)goal_vector(WIDTH, before, NULL, goal), 3, 1e-6);
    check_vector(goal, -1.0 / 3, -2.0 / 3, -2.0 / 3);
    ck_assert_double_eq_tol((double)goal_vector(WIDTH, NULL, after, goal), sqrt(24), 1e-6);
    ck_assert_double_gt((double)goal_vector(WIDTH, after, after, goal), 0); // no division by 0
    check_vector(goal, 0, 0, 0);
    NetReal own[WIDTH] = {0, -3, 4}; // in its own place
    goal_vector(WIDTH, NULL, own, own);
    check_vector(own, 0, -0.6, 0.8);
}
END_TEST

// ---------------------------------------------------------------- in a trainer
enum { WORLDS = 6, STEPS = 5, LENGTH = 8, LATENT = 16, SEGMENTS = 3, ROUNDS = 150 };

// Short rollouts and episodes, so that many unlocks fall on the borders of both.
static AgentConfig short_config(void) {
    AgentConfig config = small_distil_config();
    config.rollout_steps = STEPS;
    config.length = LENGTH;
    config.minibatch = 15;
    config.distil_every = SEGMENTS;
    config.learning_rate = 3e-3; // so that the weights of the wrong rollout give other vectors
    config.bootstrap_truncated = true;
    return config;
}

typedef struct Beside { // what the memories should be
    NetReal vector[WORLDS][LATENT];
    double error[WORLDS]; // of them: a short difference of latents has an uncertain direction
    NetPlan* plan;        // one row: latent, log_prob, value
    NetReal* weights;     // of the rollout
    ValueNorm norm;       // likewise
    int unlocks, at_border, at_end, cuts, cuts_unlocking;
} Beside;

static bool sums_up(const AgentTrainer* trainer) {
    return trainer->config.distil_memory == AGENT_MEMORY_SUM;
}

static Beside beside_new(const AgentTrainer* trainer) {
    NetTensor outputs[] = {trainer->network.latent, trainer->network.log_prob,
                           trainer->network.value};
    NetPlanConfig config = {.rows = 1,
                            .backend = trainer->config.backend,
                            .dtype = trainer->config.dtype,
                            .outputs = outputs,
                            .output_count = 3};
    Beside beside = {.weights = malloc(trainer->weight_count * sizeof(NetReal))};
    char why[NET_WHY] = "";
    ck_assert_msg(net_plan_create(trainer->network.graph, &config, &beside.plan, why) == NET_OK,
                  "%s", why);
    return beside;
}

// One row through the whole network beside the given memory.
static void run(const AgentTrainer* trainer, const Beside* beside, const Observations* seen,
                size_t row, const NetReal* memory) {
    observations_put(&trainer->network, beside->plan, 0, seen, row);
    memcpy(net_plan_input(beside->plan, trainer->network.memory), memory, LATENT * sizeof *memory);
    net_plan_forward(beside->plan, 1);
}

static void latent_of(const AgentTrainer* trainer, const Beside* beside, const Observations* seen,
                      size_t row, NetReal latent[LATENT]) {
    run(trainer, beside, seen, row, beside->vector[0]); // the latent does not depend on the memory
    memcpy(latent, net_plan_output(beside->plan, trainer->network.latent), LATENT * sizeof *latent);
}

static void check_near(const char* what, int round, size_t row, double error, double found,
                       double expected) {
    ck_assert_msg(fabs(found - expected) <= fmax(error, tolerance) * fmax(1, fabs(expected)),
                  "%s in row %zu of rollout %d: %.12g, not %.12g", what, row, round, found,
                  expected);
}

static double value_here(const AgentTrainer* trainer, const Beside* beside) {
    double value = (double)*net_plan_output(beside->plan, trainer->network.value);
    return value_norm_denormalise(&beside->norm, value);
}

// The memory that the heads saw in this row, and what they said with it.
static void check_row(const AgentTrainer* trainer, const Beside* beside, int round, size_t row,
                      int world) {
    const Rollout* r = &trainer->rollout;
    const NetReal *found = r->memory + row * LATENT, *expected = beside->vector[world];
    double squares = 0, error = beside->error[world];
    for (int i = 0; i < LATENT; i++) {
        check_near("memory", round, row, error, (double)found[i], (double)expected[i]);
        squares += (double)found[i] * (double)found[i];
    }
    if (r->episode_step[row] == 0 || r->unlocked_before[row] == 0) {
        ck_assert_double_eq(squares, 0);
    } else if (!sums_up(trainer)) { // has a length, but for networks that see nothing new
        ck_assert(fabs(squares - 1) < 1e-5 || squares == 0);
    }
    run(trainer, beside, &r->observations, row, expected);
    const NetReal* log_prob = net_plan_output(beside->plan, trainer->network.log_prob);
    check_near("log_prob", round, row, error, (double)r->log_prob[row],
               (double)log_prob[r->action[row]]);
    check_near("value", round, row, error, (double)r->value[row], value_here(trainer, beside));
}

// Returns how uncertain the direction is.
static double unit(const NetReal before[LATENT], const NetReal after[LATENT], NetReal out[LATENT]) {
    double squares = 0;
    for (int i = 0; i < LATENT; i++) {
        double d = (double)after[i] - (double)before[i];
        squares += d * d;
    }
    for (int i = 0; i < LATENT; i++) {
        out[i] = (NetReal)(((double)after[i] - (double)before[i]) / fmax(sqrt(squares), 1e-12));
    }
    return rounding / sqrt(squares);
}

// After the step in this row.
static void move_on(const AgentTrainer* trainer, Beside* beside, int round, size_t row, int world,
                    bool border) {
    const Rollout* r = &trainer->rollout;
    bool unlocked = r->reward[row] > 0.1 + 1e-9; // 1 for an unlock, at most 0.1 of health beside it
    NetReal before[LATENT], after[LATENT], memory[LATENT];
    double error = beside->error[world];
    memcpy(memory, beside->vector[world], sizeof memory);
    if (unlocked && !r->terminated[row]) {
        latent_of(trainer, beside, &r->observations, row, before);
        bool cut = r->truncated[row];
        latent_of(trainer, beside, cut ? &r->final_observation : &r->observations,
                  cut ? (size_t)world : row + WORLDS, after);
        NetReal goal[LATENT];
        double own = unit(before, after, goal);
        error = sums_up(trainer) ? fmax(error, own) : own;
        for (int i = 0; i < LATENT; i++) {
            memory[i] = sums_up(trainer) ? memory[i] + goal[i] : goal[i];
        }
    }
    if (r->truncated[row] && !r->terminated[row]) {
        run(trainer, beside, &r->final_observation, (size_t)world, memory);
        check_near("value at the cut", round, row, error, (double)r->cut_value[row],
                   value_here(trainer, beside));
        beside->cuts++;
        beside->cuts_unlocking += unlocked;
    }
    if (r->ended[row]) {
        memset(memory, 0, sizeof memory);
        error = 0;
    }
    memcpy(beside->vector[world], memory, sizeof memory);
    beside->error[world] = error;
    beside->unlocks += unlocked;
    beside->at_border += unlocked && border && !r->ended[row];
    beside->at_end += unlocked && r->ended[row];
}

// The rollout that was collected last, with the weights and the normaliser it was collected with.
static void check_rollout(const AgentTrainer* trainer, Beside* beside, int round) {
    size_t base = (size_t)(round % SEGMENTS) * STEPS * WORLDS;
    net_plan_load(beside->plan, beside->weights);
    for (int t = 0; t < STEPS; t++) {
        for (int world = 0; world < WORLDS; world++) {
            size_t row = base + (size_t)(t * WORLDS + world);
            check_row(trainer, beside, round, row, world);
            move_on(trainer, beside, round, row, world, t == STEPS - 1);
        }
    }
}

// Across rollouts and distillation phases: a memory is made with the weights that acted when its
// achievement was unlocked, and kept as it is when these change.
START_TEST(rollouts_keep_memories) {
    AgentConfig config = short_config();
    config.distil_memory = _i ? AGENT_MEMORY_SUM : AGENT_MEMORY_LAST;
    config.unlocked = _i;
    config.threads = 2;
    AgentTrainer* trainer = small_trainer(&config);
    Beside beside = beside_new(trainer);
    for (int round = 0; round < ROUNDS;) {
        AgentIteration iteration;
        memcpy(beside.weights, trainer->weights, trainer->weight_count * sizeof(NetReal));
        beside.norm = trainer->norm;
        small_iterate(trainer, &iteration);
        if (iteration.phase == AGENT_PHASE_PPO) {
            check_rollout(trainer, &beside, round++);
        }
    }
    // What was meant to happen did.
    ck_assert_int_ge(beside.unlocks, 20);
    ck_assert_int_ge(beside.at_border, 1);
    ck_assert_int_ge(beside.at_end, 1);
    ck_assert_int_ge(beside.cuts, 200);
    ck_assert_int_ge(beside.cuts_unlocking, 1);
    net_plan_destroy(beside.plan);
    free(beside.weights);
    agent_trainer_destroy(trainer);
}
END_TEST

// Memory alone, without passes that would need it: the heads see it all the same.
START_TEST(memory_without_distillation) {
    AgentConfig config = short_config();
    config.distil_prediction = config.distil_matching = false;
    AgentTrainer* trainer = small_trainer(&config);
    ck_assert_ptr_null(trainer->distil);
    ck_assert_int_eq(trainer->segments, 1);
    AgentIteration iteration;
    int remembered = 0;
    for (int round = 0; round < 10; round++) {
        small_iterate(trainer, &iteration);
        ck_assert_int_eq(iteration.phase, AGENT_PHASE_PPO);
        for (int row = 0; row < STEPS * WORLDS; row++) {
            bool any = false;
            for (int i = 0; i < LATENT; i++) {
                any = any || trainer->rollout.memory[row * LATENT + i] != 0;
            }
            ck_assert(!any || trainer->rollout.unlocked_before[row]);
            remembered += any;
        }
    }
    ck_assert_int_gt(remembered, 10);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("memory");
    TCase* c = tcase_create("memory");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, only_unlocks_change_it);
    tcase_add_test(c, unlocks_add_up);
    tcase_add_test(c, sets_of_achievements);
    tcase_add_test(c, goal_vectors);
    tcase_add_loop_test(c, rollouts_keep_memories, 0, 2);
    tcase_add_test(c, memory_without_distillation);
    suite_add_tcase(s, c);
    return s;
}
