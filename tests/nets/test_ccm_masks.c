// Who sees whom, bit by bit, against matrices written by hand. Tokens are letters in the order in
// which the paper lays them out: steps a..z, COMP of the first chunk A B, of the second C D, ...,
// their means S T, U V, ...; a line is a query and all that it sees.
#include <ctype.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/suite.h"

enum { QUERIES = 20, GROUPS = 3, STEPS = 9 };

typedef struct Mode {
    const char* name;
    bool merge, recurrent, sink;
    int32_t cap, keep, window;
    const char* blocks;   // chunk of each step
    const char* episodes; // of each step
    const char* rows[QUERIES];
} Mode;

static const Mode modes[] = {
    {"concat_recur",
     false,
     true,
     false,
     9,
     0,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:ABc", "d:ABcd", "e:ABcde", "C:ABcdeC", "D:ABcdeCD",
      "f:ABCDf", "g:ABCDfg", "E:ABCDfgE", "F:ABCDfgEF", "h:ABCDEFh", "i:ABCDEFhi"}},
    {"merge_recur",
     true,
     true,
     false,
     9,
     0,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:STc", "d:STcd", "e:STcde", "C:STcdeC", "D:STcdeCD",
      "f:UVf", "g:UVfg", "E:UVfgE", "F:UVfgEF", "h:WXh", "i:WXhi"}},
    {"concat",
     false,
     false,
     false,
     9,
     0,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:c", "d:cd", "e:cde", "C:cdeC", "D:cdeCD", "f:f", "g:fg",
      "E:fgE", "F:fgEF", "h:ABCDEFh", "i:ABCDEFhi"}},
    {"merge",
     true,
     false,
     false,
     9,
     0,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:c", "d:cd", "e:cde", "C:cdeC", "D:cdeCD", "f:f", "g:fg",
      "E:fgE", "F:fgEF", "h:WXh", "i:WXhi"}},
    {"sink",
     false,
     true,
     true,
     9,
     0,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:aABc", "d:aABcd", "e:aABcde", "C:aABcdeC", "D:aABcdeCD",
      "f:aABCDf", "g:aABCDfg", "E:aABCDfgE", "F:aABCDfgEF", "h:aABCDEFh", "i:aABCDEFhi"}},
    {"first in, first out",
     false,
     true,
     false,
     1,
     0,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:ABc", "d:ABcd", "e:ABcde", "C:ABcdeC", "D:ABcdeCD",
      "f:CDf", "g:CDfg", "E:CDfgE", "F:CDfgEF", "h:EFh", "i:EFhi"}},
    // One chunk stays raw: the first group is that of no chunk, the second that of the first.
    {"delayed",
     false,
     true,
     false,
     1,
     1,
     0,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "A:", "B:", "c:abc", "d:abcd", "e:abcde", "C:abC", "D:abCD", "f:CDcdef",
      "g:CDcdefg", "E:CDcdeE", "F:CDcdeEF", "h:EFfgh", "i:EFfghi"}},
    {"window",
     false,
     true,
     false,
     9,
     NET_CCM_UNLIMITED,
     3,
     "001112233",
     "000000000",
     {"a:a", "b:ab", "c:abc", "d:bcd", "e:cde", "f:def", "g:efg", "h:fgh", "i:ghi"}},
    // Episodes end inside a chunk; its group is that of the chunk's last step.
    {"episodes",
     false,
     true,
     false,
     9,
     0,
     0,
     "001112233",
     "000112222",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:ABc", "d:d", "e:de", "C:deC", "D:deCD", "f:f", "g:fg",
      "E:fgE", "F:fgEF", "h:EFh", "i:EFhi"}},
    {"merged episodes",
     true,
     true,
     true,
     9,
     0,
     0,
     "001112233",
     "000112222",
     {"a:a", "b:ab", "A:abA", "B:abAB", "c:aSTc", "d:d", "e:de", "C:deC", "D:deCD", "f:f", "g:fg",
      "E:fgE", "F:fgEF", "h:fWXh", "i:fWXhi"}},
};

// The letter of the j-th key of a mask: COMP, means, steps.
static char letter_of(const Mode* mode, int32_t comp, int32_t j) {
    if (j < comp) {
        return (char)('A' + j);
    }
    j -= comp;
    if (mode->merge && j < comp) {
        return (char)('S' + j);
    }
    return (char)('a' + j - (mode->merge ? comp : 0));
}

static void check_row(const Mode* mode, const char* row, int32_t comp, int32_t keys,
                      const uint8_t* mask) {
    for (int32_t j = 0; j < keys; j++) {
        char letter = letter_of(mode, comp, j);
        bool expected = strchr(row + 2, letter) != NULL;
        ck_assert_msg(mask[j] == expected, "%s: %c and %c: expected %d, got %d", mode->name, row[0],
                      letter, expected, mask[j]);
    }
}

// In a local first layer: of what is seen, the steps of the same chunk and the sink.
static void check_local(const Mode* mode, const char* row, int32_t comp, int32_t keys,
                        const uint8_t* mask) {
    int32_t query = row[0] - 'a';
    for (int32_t j = 0; j < keys; j++) {
        char letter = letter_of(mode, comp, j);
        int32_t key = letter - 'a';
        bool near = islower((unsigned char)letter) &&
                    (mode->blocks[key] == mode->blocks[query] ||
                     (mode->sink && (key == 0 || mode->episodes[key] != mode->episodes[key - 1])));
        bool expected = near && strchr(row + 2, letter) != NULL;
        ck_assert_msg(mask[j] == expected, "%s, locally: %c and %c: expected %d, got %d",
                      mode->name, row[0], letter, expected, mask[j]);
    }
}

START_TEST(masks_are_those_written_by_hand) {
    const Mode* mode = &modes[_i];
    NetCcmConfig config = model_config();
    config.local = true;
    config.merge = mode->merge;
    config.recurrent = mode->recurrent;
    config.sink = mode->sink;
    config.cap = mode->cap;
    config.keep = mode->keep;
    config.window = mode->window;
    char why[NET_WHY];
    NetGraph* graph = NULL;
    ck_assert_int_eq(net_graph_create(&graph, why), NET_OK);
    int32_t groups = mode->window ? 0 : GROUPS, comp = groups * config.comp;
    NetTensor x = net_input(graph, "x", NET_INPUT_REAL, 2, (int32_t[]){STEPS, config.width});
    NetCcmBranch branch = net_ccm(graph, "m", &config, (NetCcmShape){STEPS, groups, 0}, x);
    NetPlanConfig of = {.rows = 2, .outputs = &branch.y, .output_count = 1};
    NetPlan* plan = NULL;
    NetCcmLayout* layout = NULL;
    ck_assert_int_eq(net_plan_create(graph, &of, &plan, why), NET_OK);
    ck_assert_int_eq(net_ccm_layout_create(&config, &branch, &layout, why), NET_OK);
    int32_t block[STEPS], episode[STEPS];
    uint8_t final[STEPS];
    for (int i = 0; i < STEPS; i++) {
        block[i] = mode->blocks[i] - '0';
        episode[i] = mode->episodes[i] - '0';
        final[i] = block[i] == 3;
    }
    NetCcmSteps steps = {.count = STEPS, .episode = episode, .block = block, .final = final};
    net_ccm_layout_fill(layout, plan, 1, &steps);
    int32_t keys = comp * (1 + mode->merge) + STEPS, checked = 0;
    const uint8_t* step_mask = (const uint8_t*)net_plan_input(plan, branch.step_mask);
    const uint8_t* local_mask = (const uint8_t*)net_plan_input(plan, branch.local_mask);
    for (int i = 0; i < QUERIES && mode->rows[i]; i++, checked++) {
        char query = mode->rows[i][0];
        const uint8_t* mask = step_mask + (STEPS + query - 'a') * keys;
        if (islower((unsigned char)query)) {
            check_local(mode, mode->rows[i], comp, keys, local_mask + (STEPS + query - 'a') * keys);
        }
        if (isupper((unsigned char)query)) {
            mask = (const uint8_t*)net_plan_input(plan, branch.group_mask) +
                   (comp + query - 'A') * keys;
        }
        check_row(mode, mode->rows[i], comp, keys, mask);
    }
    ck_assert_int_eq(checked, STEPS + comp); // every query
    net_ccm_layout_destroy(layout);
    net_plan_destroy(plan);
    net_graph_destroy(graph);
}
END_TEST

START_TEST(positions_skip_comp_tokens) {
    NetCcmConfig config = model_config();
    config.positions = _i ? NET_CCM_CHUNK : NET_CCM_EPISODE;
    Model model = model_create(&config, CCM_NO_FAULT, 1);
    NetPlan* plan = model_plan(&model, 1, false, false);
    NetCcmLayout* layout = NULL;
    char why[NET_WHY];
    ck_assert_int_eq(net_ccm_layout_create(&config, &model.whole, &layout, why), NET_OK);
    const int32_t block[] = {0, 0, 0, 1, 1, 2, 2}, episode[] = {4, 4, 4, 4, 5, 5, 5};
    static const int32_t expected[2][7] = {{10, 11, 12, 13, 0, 1, 2}, {1, 2, 3, 1, 1, 1, 2}};
    static const int32_t comps[2][6] = {{13, 14, 1, 2, 3, 4}, {0, 0, 0, 0, 0, 0}};
    NetCcmSteps steps = {.count = 7, .episode = episode, .block = block, .position = 10};
    net_ccm_layout_fill(layout, plan, 0, &steps);
    ck_assert_mem_eq(net_plan_input(plan, model.whole.step_position), expected[_i],
                     sizeof expected[_i]);
    ck_assert_mem_eq(net_plan_input(plan, model.whole.group_position), comps[_i], sizeof comps[_i]);
    net_ccm_layout_destroy(layout);
    net_plan_destroy(plan);
    model_destroy(&model);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ccm masks");
    TCase* tests = tcase_create("predicate");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, masks_are_those_written_by_hand, 0, sizeof modes / sizeof *modes);
    tcase_add_loop_test(tests, positions_skip_comp_tokens, 0, 2);
    suite_add_tcase(s, tests);
    return s;
}
