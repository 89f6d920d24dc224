// The agent's memory of its steps: learning from whole sequences is what acting did, its gradient,
// what is stored and copied of it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ppo_sequence.h"
#include "tests/agent/saved.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double close_to = 1e-11;
#else
static const double close_to = 1e-4;
#endif

static const AgentContextKind kinds[] = {AGENT_CONTEXT_CONCAT, AGENT_CONTEXT_MERGE,
                                         AGENT_CONTEXT_WINDOW, AGENT_CONTEXT_FULL};
enum { KINDS = sizeof kinds / sizeof *kinds };

// ---------------------------------------------------------------- acting and learning are one
START_TEST(first_ratios_are_one) {
    AgentConfig config = small_context_config(kinds[_i % KINDS]);
    config.threads = 1 + _i / KINDS;
    AgentTrainer* trainer = small_trainer(&config);
    int rollouts = 0;
    for (int i = 0; i < 16; i++) {
        AgentIteration iteration;
        small_iterate(trainer, &iteration);
        if (iteration.phase == AGENT_PHASE_PPO) {
            ck_assert_double_lt(iteration.first_ratio, close_to);
            ck_assert_double_gt(iteration.approx_kl, 0); // later updates have left the rollout
            rollouts++;
        }
    }
    ck_assert_int_ge(rollouts, 8);
    agent_trainer_destroy(trainer);
}
END_TEST

// Largest distance of a world's log-probabilities, by sequence, from those of acting.
static double apart(AgentTrainer* trainer, size_t world) {
    Worker* worker = &trainer->workers[0];
    const Rollout* r = &trainer->rollout;
    sequence_load(worker->sequence, trainer->weights);
    sequence_forward(trainer, worker->sequence, world);
    const NetReal* log_prob = net_plan_output(worker->sequence->decide, trainer->network.log_prob);
    double most = 0;
    for (size_t t = 0; t < (size_t)trainer->config.rollout_steps; t++) {
        size_t row = ((size_t)trainer->first_step + t) * (size_t)trainer->config.worlds + world;
        double again = (double)log_prob[t * CAIRN_ACTIONS + (size_t)r->action[row]];
        most = fmax(most, fabs(again - (double)r->log_prob[row]));
    }
    return most;
}

// Heads that look at the context: as they begin, they hardly do.
static void make_heads_look(AgentTrainer* trainer) {
    int32_t count = 0;
    const NetParam* params = net_params(trainer->network.graph, &count);
    for (int32_t i = 0; i < count; i++) {
        for (size_t k = 0; strcmp(params[i].name, "policy.weight") == 0 && k < params[i].count;
             k++) {
            trainer->weights[params[i].offset + k] *= 50;
        }
    }
}

static void collect(AgentTrainer* trainer) {
    AgentIteration iteration = {0};
    ck_assert(rollout_collect(trainer, &iteration));
}

START_TEST(what_was_remembered_counts) {
    AgentConfig config = small_context_config(kinds[_i]);
    config.distil_prediction = config.distil_matching = false;
    AgentTrainer* trainer = small_trainer(&config);
    make_heads_look(trainer);
    collect(trainer);
    collect(trainer); // this one begins in the middle of episodes
    Past* past = &trainer->rollout.past;
    size_t slots = past->slots, worlds = (size_t)config.worlds;
    int changed = 0;
    for (size_t world = 0; world < worlds; world++) {
        ck_assert_double_lt(apart(trainer, world), close_to);
        bool remembers = past->position[world] > 0;
        for (size_t s = 0; s < slots; s++) { // as if another episode had been remembered
            past->place[world * slots + s].episode++;
        }
        changed += remembers && apart(trainer, world) > 100 * close_to;
    }
    ck_assert_int_ge(changed, (int)worlds / 2);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(what_led_here_counts) { // actions, unlocks and beginnings are part of a token
    AgentConfig config = small_context_config(AGENT_CONTEXT_CONCAT);
    config.distil_prediction = config.distil_matching = false;
    AgentTrainer* trainer = small_trainer(&config);
    make_heads_look(trainer);
    collect(trainer);
    ContextToken* token = &trainer->rollout.token[3 * (size_t)config.worlds];
    ck_assert_int_eq(trainer->rollout.token[0].action, CAIRN_ACTIONS);
    ck_assert_int_eq(token->action, trainer->rollout.action[2 * config.worlds]);
    double as_it_was = apart(trainer, 0);
    token->action = (token->action + 1) % CAIRN_ACTIONS;
    ck_assert_double_gt(apart(trainer, 0), as_it_was + 100 * close_to);
    agent_trainer_destroy(trainer);
}
END_TEST

// ---------------------------------------------------------------- gradients
#ifdef NETS_DOUBLE
static double loss_of(AgentTrainer* trainer, bool back) {
    Worker* worker = &trainer->workers[0];
    Sequence* sequence = worker->sequence;
    const Network* network = &trainer->network;
    size_t steps = (size_t)trainer->config.rollout_steps, world = 1;
    sequence_load(sequence, trainer->weights);
    sequence_forward(trainer, sequence, world);
    NetReal* d_log_prob = net_plan_d_output(sequence->decide, network->log_prob);
    NetReal* d_value = net_plan_d_output(sequence->decide, network->value);
    const NetReal* log_prob = net_plan_output(sequence->decide, network->log_prob);
    const NetReal* value = net_plan_output(sequence->decide, network->value);
    double loss = 0;
    for (size_t i = 0; i < steps * CAIRN_ACTIONS; i++) { // any smooth function of all
        double weight = sin(1.0 + (double)i);
        loss += weight * log_prob[i];
        d_log_prob[i] = weight;
    }
    for (size_t i = 0; i < steps; i++) {
        loss += value[i] * value[i];
        d_value[i] = 2 * value[i];
    }
    if (back) {
        memset(worker->gradient, 0, trainer->weight_count * sizeof *worker->gradient);
        sequence_backward(trainer, sequence, worker->gradient);
    }
    return loss;
}

START_TEST(gradient_of_a_sequence) {
    AgentConfig config = small_context_config(kinds[_i]);
    config.distil_prediction = config.distil_matching = false;
    AgentTrainer* trainer = small_trainer(&config);
    make_heads_look(trainer);
    NetRandom random = net_random(5, (uint64_t)_i);
    for (size_t i = 0; i < trainer->weight_count; i++) { // LoRA begins at 0
        trainer->weights[i] += 0.05 * net_random_normal(&random);
    }
    collect(trainer);
    collect(trainer);
    loss_of(trainer, true);
    int32_t count = 0, moved = 0;
    const NetParam* params = net_params(trainer->network.graph, &count);
    for (int32_t p = 0; p < count; p++) {
        for (int k = 0; k < 3; k++) {
            size_t i = params[p].offset + net_random_below(&random, (uint32_t)params[p].count);
            double analytic = trainer->workers[0].gradient[i], kept = trainer->weights[i];
            const double step = 1e-7; // small enough for hardly a ReLU to change sides
            trainer->weights[i] = kept + step;
            double more = loss_of(trainer, false);
            trainer->weights[i] = kept - step;
            double less = loss_of(trainer, false);
            trainer->weights[i] = kept;
            double numeric = (more - less) / (2 * step);
            ck_assert_msg(fabs(numeric - analytic) < 1e-5 * fmax(1, fabs(numeric)),
                          "%s, weight %zu: %.9g by differences, %.9g by the way back",
                          params[p].name, i - params[p].offset, numeric, analytic);
            moved += analytic != 0;
        }
    }
    ck_assert_int_gt(moved, count);
    agent_trainer_destroy(trainer);
}
END_TEST
#endif

// ---------------------------------------------------------------- stored and copied
START_TEST(resuming) {
    AgentConfig config = small_context_config(kinds[_i]);
    config.threads = 1 + _i % 2;
    AgentTrainer *straight = small_trainer(&config), *stopped = small_trainer(&config);
    for (int i = 0; i < 8; i++) {
        AgentIteration a, b;
        small_iterate(straight, &a);
        small_iterate(stopped, &b);
        ck_assert_double_eq(a.loss, b.loss);
        ck_assert_uint_eq(small_hash(stopped), small_hash(straight));
        stopped = saved_and_loaded(stopped);
        ck_assert_uint_eq(small_hash(stopped), small_hash(straight));
    }
    agent_trainer_destroy(straight);
    agent_trainer_destroy(stopped);
}
END_TEST

// What a world's past is laid out by must be the same, though it asks for no other weights.
START_TEST(other_memories_are_refused) {
    static const struct {
        AgentContextKind kind;
        const char *key, *value, *says;
    } cases[] = {
        {AGENT_CONTEXT_WINDOW, "memory.window", "8", "memory.window is 7, this training's is 8"},
        {AGENT_CONTEXT_FULL, "memory.full_steps", "64", "full_steps is 32, this training's is 64"},
        {AGENT_CONTEXT_FULL, "memory.kind", "window", "is full, this training's is window"},
        {AGENT_CONTEXT_CONCAT, "memory.kind", "ccm-merge", "ccm-concat, this training's is ccm-m"},
        {AGENT_CONTEXT_CONCAT, "memory.cap", "2", "memory.cap is 3, this training's is 2"},
        {AGENT_CONTEXT_MERGE, "memory.chunk", "10", "memory.chunk is 5, this training's is 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AgentConfig config = small_context_config(cases[i].kind);
        AgentTrainer* trainer = small_trainer(&config);
        char why[AGENT_WHY] = "";
        Saved file;
        saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
        ck_assert_int_eq(agent_config_set(&config, cases[i].key, cases[i].value, why), AGENT_OK);
        AgentTrainer* another = small_trainer(&config);
        saved_refuse(another, file.bytes, file.size, cases[i].says);
        saved_drop(&file);
        agent_trainer_destroy(another);
        agent_trainer_destroy(trainer);
    }
}
END_TEST

// Keys and values of all layers for each slot, and a little to say which is where.
START_TEST(a_world_remembers_so_much) {
    static const size_t slots[KINDS] = {3 * 2 + 5, 2 + 5, 7, 32};
    const AgentConfig config = small_context_config(kinds[_i]), without = small_distil_config();
    AgentTrainer *trainer = small_trainer(&config), *none = small_trainer(&without);
    const size_t slot = 2 * 2 * 8 * sizeof(NetReal), bytes = agent_trainer_context_bytes(trainer);
    ck_assert_uint_ge(bytes, slots[_i] * slot);
    ck_assert_uint_le(bytes, slots[_i] * (slot + 32) + 128);
    ck_assert_uint_eq(agent_trainer_context_bytes(none), 0);
    agent_trainer_destroy(trainer);
    agent_trainer_destroy(none);
}
END_TEST

static bool add_episode(void* context, const AgentEpisode* episode, const AgentTrace* trace) {
    double* sums = context;
    (void)trace;
    sums[episode->number] = episode->reward + 1000.0 * episode->length;
    return true;
}

START_TEST(evaluation_is_the_same_for_any_threads_and_worlds) {
    AgentConfig config = small_context_config(kinds[_i]);
    AgentTrainer* trainer = small_trainer_after(&config, 4);
    AgentPolicyConfig own = {.rows = 8, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_policy_of_trainer(trainer, &own, &policy, why) == AGENT_OK, "%s", why);
    double sums[3][32] = {0};
    for (int k = 0; k < 3; k++) {
        AgentEvaluation evaluation = agent_default_evaluation();
        evaluation.episodes = 24;
        evaluation.worlds = k == 1 ? 24 : 8;
        evaluation.threads = k == 1 ? 2 : 1;
        ck_assert_msg(agent_evaluate(policy, &evaluation, add_episode, sums[k], NULL, why) ==
                          AGENT_OK,
                      "%s", why);
    }
    ck_assert_mem_eq(sums[0], sums[1], sizeof sums[0]);
    ck_assert_mem_eq(sums[0], sums[2], sizeof sums[0]);
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

typedef struct Said { // values of the first episodes' steps
    float value[9][400];
    int32_t length[9];
} Said;

static bool keep_values(void* context, const AgentEpisode* episode, const AgentTrace* trace) {
    Said* said = context;
    int32_t length = episode->length < 400 ? episode->length : 400;
    said->length[episode->number] = length;
    memcpy(said->value[episode->number], trace->value, (size_t)length * sizeof *trace->value);
    return true;
}

// Nobody notices before the first chunk has ended; then all do.
START_TEST(a_memory_can_be_taken_away) {
    static Said said[3];
    AgentConfig config = small_context_config(kinds[_i]);
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicyConfig own = {.rows = 8, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    char why[AGENT_WHY] = "";
    make_heads_look(trainer);
    ck_assert(agent_policy_of_trainer(trainer, &own, &policy, why) == AGENT_OK);
    for (int recall = AGENT_RECALL_OWN; recall <= AGENT_RECALL_OTHER; recall++) {
        AgentEvaluation evaluation = agent_default_evaluation();
        evaluation.episodes = evaluation.worlds = 8;
        evaluation.record = true;
        evaluation.recall = (AgentRecall)recall;
        ck_assert_msg(agent_evaluate(policy, &evaluation, keep_values, &said[recall], NULL, why) ==
                          AGENT_OK,
                      "%s", why);
        const size_t chunk = (size_t)config.context_chunk;
        for (int k = 1; k <= 8; k++) {
            const float *value = said[recall].value[k], *usual = said[0].value[k];
            ck_assert_int_gt(said[recall].length[k], 3 * config.context_chunk);
            ck_assert_mem_eq(value, usual, chunk * sizeof *value);
            ck_assert_int_eq(memcmp(value + chunk, usual + chunk, chunk * sizeof *value) == 0,
                             recall == AGENT_RECALL_OWN);
        }
    }
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(who_remembers_nothing_has_nothing_to_lose) {
    AgentConfig config = small_context_config(AGENT_CONTEXT_NONE);
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicyConfig own = {.rows = 8, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    char why[AGENT_WHY] = "";
    ck_assert(agent_policy_of_trainer(trainer, &own, &policy, why) == AGENT_OK);
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.recall = AGENT_RECALL_OTHER;
    ck_assert_int_eq(agent_evaluate(policy, &evaluation, keep_values, NULL, NULL, why),
                     AGENT_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(why, "memory.kind"));
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

// A policy that is shown what a world showed, and did what was done there, says what acting said;
// and so does the copy of its memory.
START_TEST(a_policy_says_what_acting_said) {
    AgentConfig config = small_context_config(kinds[_i]);
    config.distil_prediction = config.distil_matching = false;
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicyConfig own = {.rows = 1, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    AgentMemory *memory = NULL, *copy = NULL;
    char why[AGENT_WHY] = "";
    make_heads_look(trainer);
    ck_assert(agent_policy_of_trainer(trainer, &own, &policy, why) == AGENT_OK);
    ck_assert(agent_memory_create(policy, 1, &memory, why) == AGENT_OK);
    ck_assert(agent_memory_create(policy, 1, &copy, why) == AGENT_OK);
    collect(trainer);
    const Rollout* r = &trainer->rollout;
    agent_memory_begin(memory, 0);
    int32_t done = -1;
    for (int32_t t = 0; t < config.rollout_steps; t++) {
        size_t row = (size_t)t * (size_t)config.worlds;
        Observations seen = observations_from(&r->observations, row);
        CairnObservation observation = observations_output(&seen);
        uint32_t before = t ? r->unlocked_before[row - (size_t)config.worlds] : 0;
        uint32_t unlocked = r->unlocked_before[row] & ~before;
        float probability[CAIRN_ACTIONS], value = 0, again = 0;
        AgentActions actions = {.value = &value, .probability = probability};
        if (t == 7) {
            agent_memory_copy(copy, memory);
        }
        agent_policy_act(policy, memory, 1, &observation, &unlocked, NULL, &actions);
        ck_assert_double_eq_tol(value, (double)r->value[row], 1e-4);
        ck_assert_double_eq_tol(log((double)probability[r->action[row]]), (double)r->log_prob[row],
                                1e-3);
        if (t >= 7) {
            actions = (AgentActions){.value = &again};
            agent_policy_act(policy, copy, 1, &observation, &unlocked, NULL, &actions);
            ck_assert_float_eq(again, value);
            agent_memory_acted(copy, 0, r->action[row]);
        }
        agent_memory_acted(memory, 0, r->action[row]);
        done = t;
        if (r->ended[row]) {
            break;
        }
    }
    ck_assert_int_ge(done, 10); // several chunks
    agent_memory_destroy(memory);
    agent_memory_destroy(copy);
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(bad_configs_are_refused) {
    static const struct {
        const char *key, *value, *says;
    } cases[] = {
        {"memory.chunk", "7", "memory.chunk is 7, should divide ppo.rollout_steps = 20"},
        {"ppo.minibatch", "30", "ppo.minibatch is 30, should with memory.kind ccm-concat"},
        {"memory.width", "10", "memory.width is 10, should be a multiple of 2 x memory.heads = 4"},
        {"ppo.bootstrap_truncated", "true", "ppo.bootstrap_truncated is true, should be false"},
        {"memory.kind", "window-16", "none, window, full, ccm-concat or ccm-merge"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AgentConfig config = small_context_config(AGENT_CONTEXT_CONCAT);
        char why[AGENT_WHY] = "";
        AgentStatus status = agent_config_set(&config, cases[i].key, cases[i].value, why);
        status = status == AGENT_OK ? agent_config_check(&config, why) : status;
        ck_assert_int_eq(status, AGENT_BAD_CONFIG);
        ck_assert_msg(strstr(why, cases[i].says), "\"%s\" should say \"%s\"", why, cases[i].says);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("context");
    TCase* tests = tcase_create("context");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, first_ratios_are_one, 0, 2 * KINDS);
    tcase_add_loop_test(tests, what_was_remembered_counts, 0, KINDS);
    tcase_add_test(tests, what_led_here_counts);
#ifdef NETS_DOUBLE
    tcase_add_loop_test(tests, gradient_of_a_sequence, 0, KINDS);
#endif
    tcase_add_loop_test(tests, resuming, 0, KINDS);
    tcase_add_test(tests, other_memories_are_refused);
    tcase_add_loop_test(tests, a_world_remembers_so_much, 0, KINDS);
    tcase_add_loop_test(tests, evaluation_is_the_same_for_any_threads_and_worlds, 0, KINDS);
    tcase_add_loop_test(tests, a_memory_can_be_taken_away, 0, KINDS);
    tcase_add_test(tests, who_remembers_nothing_has_nothing_to_lose);
    tcase_add_loop_test(tests, a_policy_says_what_acting_said, 0, KINDS);
    tcase_add_test(tests, bad_configs_are_refused);
    suite_add_tcase(s, tests);
    return s;
}
