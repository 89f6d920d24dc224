// Every combination of the method's parts, and what each does with numbers that are not finite.
#include <math.h>
#include <string.h>

#include "agent/distil.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { EVERY = 3, EPOCHS = 2 };

static NetReal* first_weight(const AgentTrainer* trainer, const char* name) {
    int32_t count = 0;
    const NetParam* params = net_params(trainer->network.graph, &count);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(params[i].name, name) == 0) {
            return trainer->weights + params[i].offset;
        }
    }
    ck_abort_msg("no parameter is called %s", name);
    return NULL;
}

// Each with the pass that must notice. What is no number is 0 behind a ReLU; what is infinite is
// not.
static const struct {
    const char* weight;
    double value;
    bool matching, prediction;
    const char* says;
} broken[] = {
    {"value.bias", (double)NAN, true, true, "matching of the distillation phase after 360 steps"},
    {"value.bias", (double)INFINITY, true, false, "matching of the distillation phase"},
    {"value.bias", (double)NAN, false, true, "prediction of the distillation phase"},
    {"predictor.output.bias", (double)NAN, true, true, "prediction of the distillation phase"},
    {"predictor.output.bias", (double)INFINITY, false, true, "the loss is not finite"},
    {"latent.norm.bias", (double)INFINITY, true, true, "the vector of a goal is not finite"},
    {"latent.norm.bias", (double)INFINITY, true, false, "matching of the distillation phase"},
    {"latent.norm.bias", (double)INFINITY, false, true, "prediction of the distillation phase"},
};
enum { BROKEN = sizeof broken / sizeof broken[0] };

START_TEST(what_is_not_finite_is_reported) {
    AgentConfig config = small_distil_config();
    config.distil_matching = broken[_i].matching;
    config.distil_prediction = broken[_i].prediction;
    AgentTrainer* trainer = small_before_phase(&config);
    *first_weight(trainer, broken[_i].weight) = (NetReal)broken[_i].value;
    AgentIteration iteration;
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_trainer_iterate(trainer, NULL, &iteration, why), AGENT_DIVERGED);
    ck_assert_msg(strstr(why, broken[_i].says) && strstr(why, "not finite") && !strchr(why, '\n'),
                  "\"%s\" should say \"%s\"", why, broken[_i].says);
    agent_trainer_destroy(trainer);
}
END_TEST

START_TEST(every_combination_of_parts) {
    bool memory = _i & 1, prediction = _i & 2, matching = _i & 4, distils = prediction || matching;
    AgentConfig config = small_distil_config();
    config.distil_memory = memory ? AGENT_MEMORY_LAST : AGENT_MEMORY_NONE;
    config.distil_prediction = prediction;
    config.distil_matching = matching;
    AgentTrainer* trainer = small_trainer(&config);
    ck_assert_int_eq(trainer->network.has_memory, memory);
    ck_assert_int_eq(trainer->network.has_predictor, prediction);
    ck_assert_int_eq(trainer->rollout.memory != NULL, memory);
    ck_assert_int_eq(trainer->distil != NULL, distils);
    int phases = 0;
    int64_t predictions = 0, matchings = 0;
    for (int i = 0; i < 3 * (EVERY + EPOCHS); i++) {
        AgentIteration iteration;
        small_iterate(trainer, &iteration);
        if (iteration.phase == AGENT_PHASE_PPO) {
            ck_assert(isfinite(iteration.loss));
            continue;
        }
        phases++;
        predictions += iteration.prediction.updates;
        matchings += iteration.matching.updates;
        ck_assert(isfinite(iteration.prediction.loss) && isfinite(iteration.matching.loss));
    }
    ck_assert_int_eq(phases, distils ? 3 * EPOCHS : 0);
    ck_assert_int_eq(predictions > 0, prediction);
    ck_assert_int_eq(matchings > 0, matching);
    agent_trainer_destroy(trainer);
}
END_TEST

// With all parts off, whatever else the section says, it is PPO.
START_TEST(without_parts_it_is_ppo) {
    AgentConfig ppo = small_config(), off = small_distil_config();
    off.distil_memory = AGENT_MEMORY_NONE;
    off.distil_prediction = off.distil_matching = false;
    AgentTrainer *a = small_trainer(&ppo), *b = small_trainer(&off);
    ck_assert_uint_eq(agent_trainer_weight_count(a), agent_trainer_weight_count(b));
    for (int i = 0; i < 4; i++) {
        AgentIteration iteration;
        small_iterate(a, &iteration);
        small_iterate(b, &iteration);
        ck_assert_uint_eq(small_hash(a), small_hash(b));
    }
    agent_trainer_destroy(a);
    agent_trainer_destroy(b);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("distil_parts");
    TCase* c = tcase_create("distil_parts");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, every_combination_of_parts, 0, 8);
    tcase_add_test(c, without_parts_it_is_ppo);
    tcase_add_loop_test(c, what_is_not_finite_is_reported, 0, BROKEN);
    suite_add_tcase(s, c);
    return s;
}
