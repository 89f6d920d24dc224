// Attention's kernels, for every instruction set, against plain loops in double.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/attend.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double bound = 1e-12;
#else
static const double bound = 2e-5;
#endif

static const char* const variants[] = {"base", "avx2", "avx512"};

static const struct {
    size_t queries, heads, size, keys[3];
} shapes[] = {
    {1, 2, 4, {3, 0, 0}},       {8, 1, 16, {16, 0, 0}},  {3, 4, 16, {20, 7, 0}},
    {21, 3, 5, {1, 18, 4}},     {40, 2, 32, {33, 6, 9}}, {4, 4, 64, {96, 16, 3}},
    {130, 2, 24, {96, 24, 12}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, CASES = 3 * SHAPES };

typedef struct Case {
    AttendShape shape;
    size_t q_count, k_count[3];
    NetReal *q, *k[3], *v[3], *o, *sum, *d_o, *d_q, *d_k[3], *d_v[3], *room;
    uint8_t* mask;
    AttendRow row;
} Case;

static NetReal* normals(size_t count, NetRandom* random) {
    NetReal* made = malloc((count + 1) * sizeof *made);
    for (size_t i = 0; i < count; i++) {
        made[i] = (NetReal)net_random_normal(random);
    }
    return made;
}

static Case case_create(int number) {
    NetRandom random = net_random(3, (uint64_t)number);
    Case c = {.shape = {.queries = shapes[number].queries,
                        .heads = shapes[number].heads,
                        .size = shapes[number].size,
                        .segments = 3}};
    size_t width = c.shape.heads * c.shape.size;
    c.q_count = c.shape.queries * width;
    c.q = normals(c.q_count, &random);
    c.o = normals(c.q_count, &random);
    c.d_o = normals(c.q_count, &random);
    c.d_q = normals(c.q_count, &random);
    c.sum = normals(c.shape.queries * c.shape.heads, &random);
    for (size_t i = 0; i < 3; i++) {
        c.shape.keys[i] = shapes[number].keys[i];
        c.shape.all_keys += c.shape.keys[i];
        c.k_count[i] = c.shape.keys[i] * width;
        c.k[i] = normals(c.k_count[i], &random);
        c.v[i] = normals(c.k_count[i], &random);
        c.d_k[i] = normals(c.k_count[i], &random);
        c.d_v[i] = normals(c.k_count[i], &random);
    }
    c.mask = malloc(c.shape.queries * c.shape.all_keys);
    for (size_t i = 0; i < c.shape.queries * c.shape.all_keys; i++) { // query 2 sees nothing
        size_t query = i / c.shape.all_keys, key = i % c.shape.all_keys;
        c.mask[i] = query != 2 && key / 16 != 1 && net_random_below(&random, 4) > 0;
    }
    c.row =
        (AttendRow){.q = c.q, .mask = c.mask, .o = c.o, .sum = c.sum, .d_o = c.d_o, .d_q = c.d_q};
    for (size_t i = 0; i < 3; i++) {
        c.row.k[i] = c.k[i];
        c.row.v[i] = c.v[i];
        c.row.d_k[i] = c.d_k[i];
        c.row.d_v[i] = c.d_v[i];
    }
    c.room = aligned_alloc(64, attend_round(attend_room(&c.shape) * sizeof(NetReal), 64));
    return c;
}

static void case_destroy(Case* c) {
    NetReal* arrays[] = {c->q, c->o, c->sum, c->d_o, c->d_q, c->room};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(arrays[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        free(c->k[i]);
        free(c->v[i]);
        free(c->d_k[i]);
        free(c->d_v[i]);
    }
    free(c->mask);
}

// ---------------------------------------------------------------- the plain form
typedef struct Plain {
    double *k, *v, *d_k, *d_v; // [all keys, width]
    double *o, *d_q;           // [queries, width]
} Plain;

static double* doubles(size_t count) {
    return calloc(count + 1, sizeof(double));
}

static void plain_query(const Case* c, Plain* plain, size_t query, size_t head) {
    const AttendShape* s = &c->shape;
    size_t width = s->heads * s->size, at = query * width + head * s->size;
    double *p = doubles(s->all_keys), *d_p = doubles(s->all_keys), sum = 0, along = 0;
    double root = sqrt((double)s->size);
    for (size_t j = 0; j < s->all_keys; j++) {
        double score = 0;
        for (size_t i = 0; i < s->size; i++) {
            score += (double)c->q[at + i] * plain->k[j * width + head * s->size + i];
            d_p[j] += (double)c->d_o[at + i] * plain->v[j * width + head * s->size + i];
        }
        p[j] = c->mask[query * s->all_keys + j] ? exp(score / root) : 0;
        sum += p[j];
    }
    for (size_t j = 0; j < s->all_keys; j++) {
        p[j] = sum > 0 ? p[j] / sum : 0;
        along += p[j] * d_p[j];
    }
    for (size_t j = 0; j < s->all_keys; j++) {
        double d_score = p[j] * (d_p[j] - along) / root;
        for (size_t i = 0; i < s->size; i++) {
            size_t key = j * width + head * s->size + i;
            plain->o[at + i] += p[j] * plain->v[key];
            plain->d_q[at + i] += d_score * plain->k[key];
            plain->d_k[key] += d_score * (double)c->q[at + i];
            plain->d_v[key] += p[j] * (double)c->d_o[at + i];
        }
    }
    free(p);
    free(d_p);
}

// Gradients are added to what the arrays hold before.
static Plain plain_of(const Case* c) {
    size_t width = c->shape.heads * c->shape.size, keys = c->shape.all_keys * width, at = 0;
    Plain plain = {doubles(keys), doubles(keys),       doubles(keys),
                   doubles(keys), doubles(c->q_count), doubles(c->q_count)};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < c->k_count[i]; j++, at++) {
            plain.k[at] = (double)c->k[i][j];
            plain.v[at] = (double)c->v[i][j];
            plain.d_k[at] = (double)c->d_k[i][j];
            plain.d_v[at] = (double)c->d_v[i][j];
        }
    }
    for (size_t i = 0; i < c->q_count; i++) {
        plain.d_q[i] = (double)c->d_q[i];
    }
    for (size_t query = 0; query < c->shape.queries; query++) {
        for (size_t head = 0; head < c->shape.heads; head++) {
            plain_query(c, &plain, query, head);
        }
    }
    return plain;
}

static void plain_destroy(Plain* plain) {
    double* arrays[] = {plain->k, plain->v, plain->d_k, plain->d_v, plain->o, plain->d_q};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(arrays[i]);
    }
}

static void check_close(const char* what, size_t count, const double* expected,
                        const NetReal* got) {
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(fabs(expected[i] - (double)got[i]) <= bound * (1 + fabs(expected[i])),
                      "%s %zu: expected %.12g, got %.12g", what, i, expected[i], (double)got[i]);
    }
}

static const NetAttend* variant_of(int number) {
    const NetAttend* attend = net_attend_by_name(variants[number % 3]);
    if (!attend) {
        printf("skipped: no %s here\n", variants[number % 3]);
    }
    return attend;
}

START_TEST(forward_and_few_match_plain_loops) {
    const NetAttend* attend = variant_of(_i);
    if (attend) {
        Case c = case_create(_i / 3);
        Plain plain = plain_of(&c);
        attend->forward(&c.shape, &c.row, c.room);
        check_close("forward", c.q_count, plain.o, c.o);
        memset(c.o, 0x7f, c.q_count * sizeof *c.o);
        attend->few(&c.shape, &c.row, c.room);
        check_close("few", c.q_count, plain.o, c.o);
        plain_destroy(&plain);
        case_destroy(&c);
    }
}
END_TEST

START_TEST(backward_matches_plain_loops) {
    const NetAttend* attend = variant_of(_i);
    if (attend) {
        Case c = case_create(_i / 3);
        Plain plain = plain_of(&c);
        (_i / 3 % 2 ? attend->few : attend->forward)(&c.shape, &c.row, c.room);
        attend->backward(&c.shape, &c.row, c.room);
        check_close("d_q", c.q_count, plain.d_q, c.d_q);
        size_t at = 0;
        for (size_t i = 0; i < 3; i++) {
            check_close("d_k", c.k_count[i], plain.d_k + at, c.d_k[i]);
            check_close("d_v", c.k_count[i], plain.d_v + at, c.d_v[i]);
            at += c.k_count[i];
        }
        plain_destroy(&plain);
        case_destroy(&c);
    }
}
END_TEST

static size_t next_to_zero(size_t count, const NetReal* x) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        ck_assert(isfinite(x[i]));
        found += fpclassify(x[i]) == FP_SUBNORMAL;
    }
    return found;
}

// Where one key outshines all others, what is left of these is 0, not a number next to zero, with
// which processors compute slowly.
START_TEST(sharp_attention_leaves_nothing_next_to_zero) {
    const NetAttend* attend = variant_of(_i);
    if (attend) {
        Case c = case_create(6);
        for (size_t i = 0; i < c.q_count; i++) {
            c.q[i] *= 100;
            c.d_o[i] *= (NetReal)1e-4;
        }
        memset(c.d_q, 0, c.q_count * sizeof *c.d_q);
        for (size_t i = 0; i < 3; i++) {
            memset(c.d_k[i], 0, c.k_count[i] * sizeof *c.d_k[i]);
            memset(c.d_v[i], 0, c.k_count[i] * sizeof *c.d_v[i]);
        }
        attend->few(&c.shape, &c.row, c.room);
        ck_assert_uint_eq(next_to_zero(c.q_count, c.o), 0);
        attend->forward(&c.shape, &c.row, c.room);
        attend->backward(&c.shape, &c.row, c.room);
        ck_assert_uint_eq(next_to_zero(c.q_count, c.o) + next_to_zero(c.q_count, c.d_q), 0);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_uint_eq(next_to_zero(c.k_count[i], c.d_k[i]), 0);
            ck_assert_uint_eq(next_to_zero(c.k_count[i], c.d_v[i]), 0);
        }
        case_destroy(&c);
    }
}
END_TEST

// What is not seen has no influence whatever, not even on rounding.
START_TEST(unseen_keys_change_no_bit) {
    const NetAttend* attend = variant_of(_i);
    if (attend) {
        void (*ways[])(const AttendShape*, const AttendRow*, NetReal*) = {attend->forward,
                                                                          attend->few};
        for (int way = 0; way < 2; way++) {
            Case c = case_create(4);
            memset(c.mask, 0, c.shape.queries * c.shape.all_keys);
            for (size_t query = 0; query < c.shape.queries; query++) {
                memset(c.mask + query * c.shape.all_keys, 1, 5);
            }
            NetReal* before = malloc(c.q_count * sizeof *before);
            ways[way](&c.shape, &c.row, c.room);
            memcpy(before, c.o, c.q_count * sizeof *before);
            for (size_t i = 5 * c.shape.heads * c.shape.size; i < c.k_count[0]; i++) {
                ck_assert(c.k[0][i] != 1000 && c.v[0][i] != -5);
                c.k[0][i] = 1000;
                c.v[0][i] = -5;
            }
            memset(c.o, 0, c.q_count * sizeof *c.o);
            ways[way](&c.shape, &c.row, c.room);
            ck_assert_mem_eq(before, c.o, c.q_count * sizeof *before);
            free(before);
            case_destroy(&c);
        }
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("attend");
    TCase* tests = tcase_create("kernels");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, forward_and_few_match_plain_loops, 0, CASES);
    tcase_add_loop_test(tests, backward_matches_plain_loops, 0, CASES);
    tcase_add_loop_test(tests, sharp_attention_leaves_nothing_next_to_zero, 0, 3);
    tcase_add_loop_test(tests, unseen_keys_change_no_bit, 0, 3);
    suite_add_tcase(s, tests);
    return s;
}
