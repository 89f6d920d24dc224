// The recursion over long times: means of a thousand chunks, counts and bounds over ten thousand
// steps with episodes that end anywhere, and the same bits after a reset as after a fresh start.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/suite.h"

enum { ROWS = 3, CHUNK = 4 };

static void draw_x(const Model* model, NetCcm* ccm, int32_t rows, NetRandom* random) {
    NetReal* x = net_plan_input(net_ccm_plan(ccm), model->step_x);
    for (int32_t i = 0; i < rows * FEATURES; i++) {
        x[i] = (NetReal)net_random_normal(random);
    }
}

// ---------------------------------------------------------------- the mean
static double worst_mean(const Model* model, int32_t chunks) {
    NetCcm* ccm = model_online(model, ROWS);
    NetRandom random = net_random(1, 1);
    size_t size = (size_t)(model->config.comp * model->config.width);
    double *sum = calloc(2 * ROWS * size, sizeof *sum), worst = 0; // of keys, of values
    int32_t layer = model->config.layers - 1;
    for (int32_t t = 1; t <= chunks; t++) {
        draw_x(model, ccm, ROWS, &random);
        net_ccm_step(ccm);
        net_ccm_close(ccm, NULL);
        for (int32_t row = 0; row < ROWS; row++) {
            double *k = sum + (size_t)row * size, *v = k + ROWS * size;
            for (size_t i = 0; i < size; i++) {
                k[i] += (double)net_ccm_group_k(ccm, layer, row)[i];
                v[i] += (double)net_ccm_group_v(ccm, layer, row)[i];
            }
        }
    }
    for (int32_t row = 0; row < ROWS; row++) {
        ck_assert_int_eq(net_ccm_places(ccm, row)[0].order, chunks);
        const double *k = sum + (size_t)row * size, *v = k + ROWS * size;
        for (size_t i = 0; i < size; i++) {
            worst = fmax(worst, fabs(k[i] / chunks - (double)net_ccm_k(ccm, layer, row)[i]));
            worst = fmax(worst, fabs(v[i] / chunks - (double)net_ccm_v(ccm, layer, row)[i]));
        }
    }
    free(sum);
    net_ccm_destroy(ccm);
    return worst;
}

START_TEST(slots_are_plain_means) {
    NetCcmConfig config = model_config();
    config.merge = true;
    Model model = model_create(&config, CCM_NO_FAULT, 2);
    double worst = worst_mean(&model, 1000);
#ifdef NETS_DOUBLE
    ck_assert_double_le(worst, 1e-12);
#else
    ck_assert_double_le(worst, 1e-5);
#endif
    model_destroy(&model);
}
END_TEST

START_TEST(weights_are_one_over_t_down_to_a_floor) {
    NetCcmConfig config = model_config();
    ck_assert_double_eq(net_ccm_merge_weight(&config, 1), 1);
    ck_assert_double_eq(net_ccm_merge_weight(&config, 1000), 1e-3);
    config.merge_floor = 1.0 / 16;
    ck_assert_double_eq(net_ccm_merge_weight(&config, 15), 1.0 / 15);
    ck_assert_double_eq(net_ccm_merge_weight(&config, 1000), 1.0 / 16);
}
END_TEST

// ---------------------------------------------------------------- bounds
// What a step sees by the formula: memory slots, and the steps of its chunk with itself.
static void check_counts(const Model* model, NetCcm* ccm, int32_t row, int32_t chunks,
                         int32_t in_chunk) {
    const NetCcmConfig* config = &model->config;
    int32_t past = net_ccm_past(config, model->raw), raw_at = past - model->raw, seen[2] = {0};
    const uint8_t* mask = net_plan_input(net_ccm_plan(ccm), model->step.step_mask);
    for (int32_t i = 0; i <= past; i++) {
        seen[i >= raw_at] += mask[row * (past + 1) + i];
    }
    int32_t groups = config->merge ? chunks > 0 : chunks < config->cap ? chunks : config->cap;
    ck_assert_msg(seen[0] == groups * config->comp && seen[1] == in_chunk,
                  "row %d, %d chunks and %d steps: sees %d slots and %d steps", (int)row,
                  (int)chunks, (int)in_chunk, (int)seen[0], (int)seen[1]);
}

START_TEST(ten_thousand_steps_stay_in_bounds) {
    NetCcmConfig config = model_config();
    config.layers = 2;
    config.cap = 5;
    config.merge = _i;
    Model model = model_create(&config, CCM_NO_FAULT, 3);
    NetCcm* ccm = model_online(&model, ROWS);
    NetRandom random = net_random(1, (uint64_t)_i);
    int32_t chunks[ROWS] = {0}, in_chunk[ROWS] = {0};
    for (int32_t step = 0; step < 10000; step++) {
        for (int32_t row = 0; row < ROWS; row++) {
            if (net_random_below(&random, 60) == 0) {
                net_ccm_reset(ccm, row);
                chunks[row] = in_chunk[row] = 0;
            }
            in_chunk[row]++;
        }
        draw_x(&model, ccm, ROWS, &random);
        net_ccm_step(ccm);
        for (int32_t row = 0; row < ROWS; row++) {
            check_counts(&model, ccm, row, chunks[row], in_chunk[row]);
            NetReal y = net_plan_output(net_ccm_plan(ccm), model.step_logits)[row * LOGITS];
            ck_assert_msg(isfinite((double)y), "step %d: not finite", (int)step);
        }
        if ((step + 1) % CHUNK == 0) {
            net_ccm_close(ccm, NULL);
            for (int32_t row = 0; row < ROWS; row++) {
                chunks[row]++;
                in_chunk[row] = 0;
            }
        }
    }
    ck_assert_uint_eq(net_ccm_row_bytes(ccm),
                      (size_t)net_ccm_past(&config, model.raw) * 2 * 2 * 16 * sizeof(NetReal));
    net_ccm_destroy(ccm);
    model_destroy(&model);
}
END_TEST

START_TEST(a_reset_is_a_fresh_start_bit_for_bit) {
    NetCcmConfig config = model_config();
    config.cap = 2;
    config.merge = _i % 2;
    config.sink = _i / 2 % 2;
    config.positions = _i / 4 ? NET_CCM_CHUNK : NET_CCM_EPISODE;
    Model model = model_create(&config, CCM_NO_FAULT, 4);
    NetCcm *used = model_online(&model, ROWS), *fresh = model_online(&model, ROWS);
    NetRandom random = net_random(1, 2);
    for (int32_t step = 0; step < 7 * CHUNK + 3; step++) { // in a chunk
        draw_x(&model, used, ROWS, &random);
        net_ccm_step(used);
        if ((step + 1) % CHUNK == 0) {
            net_ccm_close(used, NULL);
        }
    }
    for (int32_t row = 0; row < ROWS; row++) {
        net_ccm_reset(used, row);
    }
    for (int32_t step = 3; step < 6 * CHUNK; step++) { // the clock goes on
        NetRandom same = random;
        draw_x(&model, used, ROWS, &random);
        draw_x(&model, fresh, ROWS, &same);
        net_ccm_step(used);
        net_ccm_step(fresh);
        ck_assert_mem_eq(net_plan_output(net_ccm_plan(used), model.step_logits),
                         net_plan_output(net_ccm_plan(fresh), model.step_logits),
                         ROWS * LOGITS * sizeof(NetReal));
        if ((step + 1) % CHUNK == 0) {
            net_ccm_close(used, NULL);
            net_ccm_close(fresh, NULL);
        }
    }
    net_ccm_destroy(used);
    net_ccm_destroy(fresh);
    model_destroy(&model);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ccm memory");
    TCase* tests = tcase_create("long runs");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, slots_are_plain_means);
    tcase_add_test(tests, weights_are_one_over_t_down_to_a_floor);
    tcase_add_loop_test(tests, ten_thousand_steps_stay_in_bounds, 0, 2);
    tcase_add_loop_test(tests, a_reset_is_a_fresh_start_bit_for_bit, 0, 8);
    suite_add_tcase(s, tests);
    return s;
}
