// What an agent knows of its next achievement: figures of hand-made episodes, the linear probe, and
// the expectations of a real agent against the prototypes by brute force.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/policy.h"
#include "agent/probe.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { WIDTH = 16, STEPS = 40 }; // latent of small_config

static AgentPolicy* policy_of(const AgentTrainer* trainer) {
    AgentPolicy* policy = NULL;
    AgentPolicyConfig config = {.rows = 6, .dtype = NET_DTYPE_F32};
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_policy_of_trainer(trainer, &config, &policy, why) == AGENT_OK, "%s", why);
    return policy;
}

typedef struct Script { // an episode made by hand
    uint32_t unlocked[STEPS];
    uint8_t expects[STEPS * AGENT_EXPECTED];
    float latent[STEPS * WIDTH];
} Script;

// Achievement 4 is unlocked by step 9, 7 and 8 together by step 29; nothing after that. Until then
// the latent says which in its first two elements. First guesses are right at 8 of 30 steps, among
// the second and third guesses 5 more.
static Script script(void) {
    Script s = {.unlocked = {[9] = 1 << 4, [29] = 1 << 7 | 1 << 8}};
    memset(s.expects, AGENT_NO_ACHIEVEMENT, sizeof s.expects);
    for (int t = 0; t < STEPS; t++) {
        uint8_t right = t <= 9 ? 4 : 8, wrong = 20;
        uint8_t* guess = s.expects + (ptrdiff_t)t * AGENT_EXPECTED;
        guess[0] = t % 4 == 0 ? right : wrong;
        guess[1] = t % 4 == 1 && t < 20 ? right : AGENT_NO_ACHIEVEMENT;
        s.latent[t * WIDTH + (t <= 9 ? 0 : 1)] = 3;
    }
    return s;
}

START_TEST(figures_of_a_script) {
    AgentConfig config = small_distil_config();
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicy* policy = policy_of(trainer);
    AgentNext* next = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_next_create(policy, &next, why), AGENT_OK);
    Script s = script();
    AgentTrace trace = {.unlocked = s.unlocked, .expects = s.expects, .latent = s.latent};
    AgentNextSummary summary;
    for (int64_t number = 1; number <= 40;
         number++) { // odd ones to fit the probe, even ones to ask
        AgentEpisode episode = {.number = number, .length = STEPS};
        ck_assert(agent_next_add(next, &episode, &trace));
        if (number == 1 || number == 40) {
            ck_assert_int_eq(agent_next_summary(next, &summary, why), AGENT_OK);
            ck_assert_int_eq(summary.probed, number > 1);
        }
    }
    ck_assert(summary.predicts);
    ck_assert_int_eq(summary.steps, 40 * 30);
    ck_assert_double_eq_tol(summary.chance, 20.0 / 30, 1e-12);
    ck_assert_double_eq_tol(summary.top1, 8.0 / 30, 1e-12);
    ck_assert_double_eq_tol(summary.top3, 13.0 / 30, 1e-12);
    ck_assert_int_eq(summary.fit_steps, 20 * 8); // steps 0, 4, ... 28
    ck_assert_int_eq(summary.test_steps, 20 * 8);
    ck_assert_double_eq_tol(summary.probe_top1, 1, 1e-12);
    ck_assert_double_gt(summary.probe_probability, 0.95);
    agent_next_destroy(next);
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

// Labels are the sign pattern of two features: the probe finds them, and nothing in noise.
START_TEST(probe_finds_what_is_linear) {
    enum { ROWS = 2000, CLASSES = 4 };
    float* features = malloc(ROWS * WIDTH * sizeof *features);
    float* probability = malloc(ROWS * CLASSES * sizeof *probability);
    int32_t* label = malloc(ROWS * sizeof *label);
    for (int noise = 0; noise < 2; noise++) {
        NetRandom random = net_random(1, 2);
        for (int i = 0; i < ROWS; i++) {
            for (int k = 0; k < WIDTH; k++) {
                features[i * WIDTH + k] = (float)net_random_normal(&random);
            }
            int own = (features[i * WIDTH] > 0) + 2 * (features[i * WIDTH + 1] > 0);
            label[i] = noise ? (int32_t)net_random_below(&random, CLASSES) : own;
        }
        Probe* probe = NULL;
        char why[AGENT_WHY] = "";
        int right = 0;
        ProbeRows rows = {ROWS, WIDTH, features, 1, label}, fit = rows;
        fit.count = 1000;
        ck_assert_int_eq(probe_fit(&fit, WIDTH, CLASSES, 1, &probe, why), AGENT_OK);
        probe_apply(probe, &rows, probability);
        for (int i = 1000; i < ROWS; i++) { // rows it has not seen
            const float* row = probability + (ptrdiff_t)i * CLASSES;
            double sum = 0;
            int best = 0;
            for (int k = 0; k < CLASSES; k++) {
                sum += (double)row[k];
                best = row[k] > row[best] ? k : best;
            }
            ck_assert_double_eq_tol(sum, 1, 1e-5);
            right += best == label[i];
        }
        ck_assert_msg(noise ? right < 350 : right > 900, "%d of 1000", right);
        probe_destroy(probe);
    }
    free(features);
    free(probability);
    free(label);
}
END_TEST

// The three best of all achievements that have a prototype, by their cosines.
START_TEST(expectations_are_the_nearest_prototypes) {
    AgentConfig config = small_distil_config();
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    small_iterate(trainer, &iteration);
    AgentPolicy* policy = policy_of(trainer);
    NetRandom random = net_random(5, 5);
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) { // every third was never seen
        for (int i = 0; i < WIDTH; i++) {
            policy->prototypes[a * WIDTH + i] =
                a % 3 == 2 ? 0 : (NetReal)(0.25 * net_random_normal(&random));
        }
    }
    AgentMemory* memory = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_memory_create(policy, 6, &memory, why), AGENT_OK);
    uint8_t expects[6 * AGENT_EXPECTED];
    float similarity[6 * AGENT_EXPECTED];
    AgentActions actions = {.expects = expects, .similarity = similarity};
    CairnObservation seen = {.pixels = trainer->rollout.observations.pixels};
    agent_policy_act(policy, memory, 6, &seen, (uint32_t[6]){0}, NULL, &actions);
    const NetReal* prediction = net_plan_output(policy->actor.predict, policy->network.prediction);
    for (int row = 0; row < 6; row++) {
        double left = INFINITY; // each place: the best of those below the place before
        for (int place = 0; place < AGENT_EXPECTED; place++) {
            int best = -1;
            double best_likeness = -INFINITY;
            for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
                double likeness = 0;
                for (int i = 0; i < WIDTH; i++) {
                    likeness += (double)policy->prototypes[a * WIDTH + i] *
                                (double)prediction[row * WIDTH + i];
                }
                if (a % 3 != 2 && likeness < left && likeness > best_likeness) {
                    best = a, best_likeness = likeness;
                }
            }
            ck_assert_int_eq(expects[row * AGENT_EXPECTED + place], best);
            ck_assert_double_eq_tol((double)similarity[row * AGENT_EXPECTED + place], best_likeness,
                                    1e-6);
            left = best_likeness;
        }
    }
    memset(policy->prototypes, 0, CAIRN_ACHIEVEMENTS * WIDTH * sizeof *policy->prototypes);
    agent_policy_act(policy, memory, 6, &seen, (uint32_t[6]){0}, NULL, &actions);
    for (int i = 0; i < 6 * AGENT_EXPECTED; i++) {
        ck_assert_int_eq(expects[i], AGENT_NO_ACHIEVEMENT);
    }
    agent_memory_destroy(memory);
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("next_achievement");
    TCase* c = tcase_create("next_achievement");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, figures_of_a_script);
    tcase_add_test(c, probe_finds_what_is_linear);
    tcase_add_test(c, expectations_are_the_nearest_prototypes);
    suite_add_tcase(s, c);
    return s;
}
