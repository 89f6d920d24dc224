// The conditional LoRA acts on COMP tokens alone.
#include <stdlib.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/suite.h"

enum { ROWS = 2 };

// Other random numbers in every A and B.
static void change_lora(Model* model, uint64_t seed) {
    NetRandom random = net_random(seed, 1);
    int32_t count = 0;
    const NetParam* params = net_params(model->graph, &count);
    for (int32_t i = 0; i < count; i++) {
        bool lora = strstr(params[i].name, ".lora_") != NULL;
        for (size_t k = 0; lora && k < params[i].count; k++) {
            model->weights[params[i].offset + k] = (NetReal)net_random_normal(&random);
        }
    }
}

static bool same_step(const Logits* a, const Logits* b, int32_t step) {
    bool same = true;
    for (int32_t row = 0; row < ROWS; row++) {
        size_t at = (size_t)(row * MODEL_STEPS + step) * LOGITS;
        same = same && memcmp(a->value + at, b->value + at, LOGITS * sizeof(NetReal)) == 0;
    }
    return same;
}

START_TEST(steps_before_any_comp_have_the_same_bits) {
    NetCcmConfig config = model_config();
    config.merge = _i % 2;
    Model model = model_create(&config, CCM_NO_FAULT, 1);
    History history = history_create(ROWS, 3, 0, 2);
    Logits (*run)(const Model*, const History*) = _i / 2 ? run_whole : run_online;
    Logits before = run(&model, &history);
    change_lora(&model, 9);
    Logits after = run(&model, &history);
    for (int32_t i = 0; i < history.steps; i++) {
        ck_assert_msg(same_step(&before, &after, i) == (history.block[i] == 0),
                      "step %d of chunk %d", (int)i, (int)history.block[i]);
    }
    logits_destroy(&before);
    logits_destroy(&after);
    history_destroy(&history);
    model_destroy(&model);
}
END_TEST

START_TEST(without_comp_the_lora_is_not_there) {
    NetCcmConfig config = model_config();
    config.comp = 0;
    config.keep = NET_CCM_UNLIMITED;
    Model model = model_create(&config, CCM_NO_FAULT, 1);
    int32_t count = 0;
    const NetParam* params = net_params(model.graph, &count);
    for (int32_t i = 0; i < count; i++) {
        ck_assert(!net_ccm_is_adapter(&params[i]));
    }
    model_destroy(&model);
}
END_TEST

static NetReal* param_of(const Model* model, const char* name, size_t* count) {
    int32_t params = 0;
    const NetParam* param = net_params(model->graph, &params);
    for (int32_t i = 0; i < params; i++) {
        if (strcmp(param[i].name, name) == 0) {
            *count = param[i].count;
            return model->weights + param[i].offset;
        }
    }
    ck_abort_msg("no parameter %s", name);
    return NULL;
}

// A COMP token that is embedded as a step is, and has no LoRA, leaves what that step would leave.
START_TEST(with_b_zero_a_comp_token_is_a_step) {
    NetCcmConfig config = model_config();
    config.comp = 1;
    Model model = model_create(&config, CCM_NO_FAULT, 5);
    int32_t params = 0;
    const NetParam* param = net_params(model.graph, &params);
    for (int32_t i = 0; i < params; i++) {
        if (strstr(param[i].name, ".lora_b")) {
            memset(model.weights + param[i].offset, 0, param[i].count * sizeof(NetReal));
        }
    }
    NetReal x[FEATURES];
    NetRandom random = net_random(3, 3);
    for (int i = 0; i < FEATURES; i++) {
        x[i] = (NetReal)net_random_normal(&random);
    }
    size_t count = 0;
    NetReal* comp = param_of(&model, "memory.comp.weight", &count);
    const NetReal* weight = param_of(&model, "embed.weight", &count);
    const NetReal* bias = param_of(&model, "embed.bias", &count);
    memcpy(comp, bias, count * sizeof *comp);
    for (size_t i = 0; i < count * FEATURES; i++) {
        comp[i / FEATURES] += weight[i] * x[i % FEATURES];
    }
    NetCcm *as_comp = model_online(&model, 1), *as_step = model_online(&model, 1);
    for (int step = 0; step < 3; step++) {
        for (int i = 0; i < FEATURES; i++) {
            NetReal value = (NetReal)net_random_normal(&random);
            ((NetReal*)net_plan_input(net_ccm_plan(as_comp), model.step_x))[i] = value;
            ((NetReal*)net_plan_input(net_ccm_plan(as_step), model.step_x))[i] = value;
        }
        net_ccm_step(as_comp);
        net_ccm_step(as_step);
    }
    memcpy(net_plan_input(net_ccm_plan(as_step), model.step_x), x, sizeof x);
    net_ccm_step(as_step);
    net_ccm_close(as_comp, NULL);
    int32_t slot = net_ccm_past(&config, 0) + 3; // the fourth raw step
    for (int32_t layer = 0; layer < config.layers; layer++) {
        for (int32_t i = 0; i < config.width; i++) {
            int32_t at = slot * config.width + i;
            ck_assert_double_eq_tol((double)net_ccm_group_k(as_comp, layer, 0)[i],
                                    (double)net_ccm_k(as_step, layer, 0)[at], 2e-5);
            ck_assert_double_eq_tol((double)net_ccm_group_v(as_comp, layer, 0)[i],
                                    (double)net_ccm_v(as_step, layer, 0)[at], 2e-5);
        }
    }
    net_ccm_destroy(as_comp);
    net_ccm_destroy(as_step);
    model_destroy(&model);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ccm lora");
    TCase* tests = tcase_create("conditional");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, steps_before_any_comp_have_the_same_bits, 0, 4);
    tcase_add_test(tests, without_comp_the_lora_is_not_there);
    tcase_add_test(tests, with_b_zero_a_comp_token_is_a_step);
    suite_add_tcase(s, tests);
    return s;
}
