// The PPO loss: gradients against finite differences, the first minibatch, the edges of clipping.
#include <math.h>
#include <string.h>

#include "agent/ppo_loss.h"
#include "tests/suite.h"

enum { R = 12, A = 5 };
static const PpoLossConfig config = {
    .clip = 0.2, .value_coefficient = 0.5, .entropy_coefficient = 0.01};

typedef struct Case {
    NetReal log_prob_all[R * A], value[R], old_log_prob[R], advantage[R], target[R];
    int32_t action[R];
} Case;

static PpoLossInput input_of(const Case* c) {
    return (PpoLossInput){
        R, A, c->log_prob_all, c->value, c->action, c->old_log_prob, c->advantage, c->target};
}

// Random log-probabilities; ratios spread far over both edges of the clip range.
static Case make_case(uint64_t seed, double spread) {
    Case c;
    NetRandom random = net_random(seed, 1);
    for (int i = 0; i < R; i++) {
        double sum = 0;
        for (int a = 0; a < A; a++) {
            c.log_prob_all[i * A + a] = (NetReal)net_random_normal(&random);
            sum += exp((double)c.log_prob_all[i * A + a]);
        }
        for (int a = 0; a < A; a++) {
            c.log_prob_all[i * A + a] -= (NetReal)log(sum);
        }
        c.action[i] = (int32_t)net_random_below(&random, A);
        c.old_log_prob[i] = (NetReal)((double)c.log_prob_all[i * A + c.action[i]] +
                                      spread * net_random_normal(&random));
        c.advantage[i] = (NetReal)net_random_normal(&random);
        c.value[i] = (NetReal)net_random_normal(&random);
        c.target[i] = (NetReal)net_random_normal(&random);
    }
    return c;
}

static double total(const Case* c) {
    NetReal d_log_prob[R * A], d_value[R];
    PpoSums sums = {0};
    PpoLossInput input = input_of(c);
    ppo_loss(&config, &input, 1.0 / R, &sums, d_log_prob, d_value);
    return (sums.policy + config.value_coefficient * sums.value -
            config.entropy_coefficient * sums.entropy) /
           R;
}

static double slope(Case* c, NetReal* x) {
    double h = sizeof(NetReal) == 8 ? 1e-6 : 1e-3;
    NetReal kept = *x;
    *x = (NetReal)((double)kept + h);
    double up = total(c), high = (double)*x;
    *x = (NetReal)((double)kept - h);
    double down = total(c), low = (double)*x;
    *x = kept;
    return (up - down) / (high - low);
}

START_TEST(finite_differences) {
    double tolerance = sizeof(NetReal) == 8 ? 1e-8 : 2e-4;
    int flat = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        Case c = make_case(seed, 0.3);
        NetReal d_log_prob[R * A], d_value[R];
        memset(d_log_prob, 0x55, sizeof d_log_prob); // must be written, not added to
        memset(d_value, 0x55, sizeof d_value);
        PpoSums sums = {0};
        PpoLossInput input = input_of(&c);
        ppo_loss(&config, &input, 1.0 / R, &sums, d_log_prob, d_value);
        for (int i = 0; i < R; i++) {
            double log_ratio =
                (double)c.log_prob_all[i * A + c.action[i]] - (double)c.old_log_prob[i];
            double edge = fmin(fabs(exp(log_ratio) - 1.2), fabs(exp(log_ratio) - 0.8));
            for (int a = 0; a < A; a++) {
                if (a == c.action[i] && edge < 1e-2) {
                    continue; // a corner has no derivative
                }
                ck_assert_double_eq_tol((double)d_log_prob[i * A + a],
                                        slope(&c, &c.log_prob_all[i * A + a]), tolerance);
            }
            ck_assert_double_eq_tol((double)d_value[i], slope(&c, &c.value[i]), tolerance);
            flat += fabs(exp(log_ratio) - 1) > 0.2;
        }
    }
    ck_assert_int_gt(flat, 20); // the clipped side was tried
}
END_TEST

START_TEST(first_minibatch_has_ratio_one) {
    Case c = make_case(7, 0);
    NetReal d_log_prob[R * A], d_value[R];
    PpoSums sums = {0};
    PpoLossInput input = input_of(&c);
    PpoLossConfig plain = {.clip = 0.2};
    ppo_loss(&plain, &input, 1, &sums, d_log_prob, d_value);
    double advantages = 0;
    for (int i = 0; i < R; i++) {
        advantages += (double)c.advantage[i];
        for (int a = 0; a < A; a++) {
            double expected = a == c.action[i] ? -(double)c.advantage[i] : 0;
            ck_assert_double_eq_tol((double)d_log_prob[i * A + a], expected, 1e-6);
        }
        ck_assert(d_value[i] == 0);
    }
    ck_assert_double_eq_tol(sums.policy, -advantages, 1e-6);
    ck_assert_double_eq_tol(sums.kl, 0, 1e-9);
    ck_assert_double_eq(sums.clipped, 0);
}
END_TEST

// One row, two actions: ratio, advantage -> loss and whether a gradient flows.
static void edge(double ratio, double advantage, double loss, bool flows) {
    NetReal log_prob_all[] = {(NetReal)log(0.4), (NetReal)log(0.6)}, value = 0, target = 0;
    NetReal old = (NetReal)(log(0.6) - log(ratio)), gain = (NetReal)advantage, d[2], d_value;
    int32_t action = 1;
    PpoSums sums = {0};
    PpoLossInput input = {1, 2, log_prob_all, &value, &action, &old, &gain, &target};
    ppo_loss(&(PpoLossConfig){.clip = 0.2}, &input, 1, &sums, d, &d_value);
    ck_assert_double_eq_tol(sums.policy, loss, 1e-6);
    ck_assert_double_eq_tol((double)d[1], flows ? -ratio * advantage : 0, 1e-6);
    ck_assert(d[0] == 0);
    ck_assert_double_eq(sums.clipped, fabs(ratio - 1) > 0.2);
    ck_assert_double_eq_tol(sums.kl, ratio - 1 - log(ratio), 1e-6);
}

START_TEST(clipping) {
    edge(1.5, 2, -2.4, false); // already more likely than wanted
    edge(1.5, -2, 3, true);    // too likely and bad: still pushed back
    edge(0.5, 2, -1, true);    // too rare and good: still pulled up
    edge(0.5, -2, 1.6, false); // already rarer than wanted
    edge(1.1, 2, -2.2, true);
    edge(0.9, -2, 1.8, true);
}
END_TEST

START_TEST(sums_are_added_to) {
    Case c = make_case(3, 0.3);
    NetReal d_log_prob[R * A], d_value[R];
    PpoSums once = {0}, twice = {0};
    PpoLossInput input = input_of(&c);
    ppo_loss(&config, &input, 1, &once, d_log_prob, d_value);
    for (int i = 0; i < 2; i++) {
        ppo_loss(&config, &input, 1, &twice, d_log_prob, d_value);
    }
    ck_assert_double_eq_tol(twice.policy, 2 * once.policy, 1e-9);
    ck_assert_double_eq_tol(twice.value, 2 * once.value, 1e-9);
    ck_assert_double_eq_tol(twice.entropy, 2 * once.entropy, 1e-9);
    ck_assert_double_eq_tol(twice.kl, 2 * once.kl, 1e-9);
    ck_assert_double_eq(twice.clipped, 2 * once.clipped);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ppo_loss");
    TCase* c = tcase_create("ppo_loss");
    tcase_add_test(c, finite_differences);
    tcase_add_test(c, first_minibatch_has_ratio_one);
    tcase_add_test(c, clipping);
    tcase_add_test(c, sums_are_added_to);
    suite_add_tcase(s, c);
    return s;
}
