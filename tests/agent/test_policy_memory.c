// What an agent remembers of several games at once, and what it is given in an evaluation in the
// place of it: games of random pictures that begin and end at different times.
#include <stdlib.h>
#include <string.h>

#include "agent/policy.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { ROWS = 8, MOST = 24, STEPS = 60, PIXELS = 64 * 64 * 3, STATE = 65536, WIDTH = 8 };
static const AgentContextKind kinds[] = {AGENT_CONTEXT_CONCAT, AGENT_CONTEXT_MERGE,
                                         AGENT_CONTEXT_WINDOW, AGENT_CONTEXT_FULL};
enum { KINDS = sizeof kinds / sizeof *kinds };

static AgentPolicy* policy_of(AgentContextKind kind, int32_t rows) {
    AgentConfig config = small_context_config(kind);
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicyConfig own = {.rows = rows, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_policy_of_trainer(trainer, &own, &policy, why) == AGENT_OK, "%s", why);
    agent_trainer_destroy(trainer);
    return policy;
}

static AgentMemory* memory_of(const AgentPolicy* policy, int32_t rows, AgentRecall recall) {
    AgentMemory* memory = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_memory_create(policy, rows, &memory, why) == AGENT_OK, "%s", why);
    ck_assert_msg(policy_memory_recall(policy, memory, recall, why) == AGENT_OK, "%s", why);
    return memory;
}

typedef struct Games {
    uint8_t pixels[MOST * PIXELS];
    uint32_t unlocked[MOST];
    int32_t action[MOST];
} Games;

static void draw(NetRandom* random, Games* games) {
    for (size_t i = 0; i < sizeof games->pixels; i++) {
        games->pixels[i] = (uint8_t)net_random_below(random, 256);
    }
    for (int i = 0; i < MOST; i++) {
        games->unlocked[i] = net_random_below(random, 5) == 0;
        games->action[i] = (int32_t)net_random_below(random, CAIRN_ACTIONS);
    }
}

// What the memory gave for the next step of these rows; then the games' own actions are taken.
static void act(AgentPolicy* policy, AgentMemory* memory, int32_t first, int32_t rows,
                const Games* games, float context[MOST][WIDTH]) {
    CairnObservation observation = {.pixels = (uint8_t*)games->pixels + (size_t)first * PIXELS};
    AgentActions actions = {.context = context[first]};
    agent_policy_act(policy, memory, rows, &observation, games->unlocked + first, NULL, &actions);
    for (int32_t i = 0; i < rows; i++) {
        agent_memory_acted(memory, i, games->action[first + i]);
    }
}

// ---------------------------------------------------------------- another episode's memory
typedef struct Kept { // a row's past when its last chunk ended
    unsigned char state[STATE];
    size_t size;
    int chunks;
    bool over;
} Kept;

static void keep(const Context* context, int32_t row, Kept* kept) {
    PackWriter writer = {.bytes = kept->state, .size = STATE};
    context_put(context, row, &writer);
    kept->size = writer.used;
    kept->chunks++;
}

// Ends the full chunks of the undisturbed rows and gives the disturbed ones what others kept.
static int swap(const AgentMemory* plain, const AgentMemory* swapped, int32_t chunk,
                Kept kept[ROWS]) {
    uint8_t full[ROWS];
    int swaps = 0;
    for (int32_t i = 0; i < ROWS; i++) {
        full[i] = context_chunk_steps(plain->context[0], i) == chunk;
    }
    context_close(plain->context[0], full);
    for (int32_t i = 0; i < ROWS; i++) {
        if (full[i] && !kept[i].over) {
            keep(plain->context[0], i, &kept[i]);
        }
    }
    for (int32_t i = 0; i < ROWS; i++) {
        int other = -1, distance = 1 << 20;
        for (int32_t k = i + 1; k < i + ROWS; k++) {
            int away = abs(kept[k % ROWS].chunks - kept[i].chunks);
            if (kept[k % ROWS].size && away < distance) {
                distance = away;
                other = k % ROWS;
            }
        }
        if (full[i]) {
            context_begin(swapped->context[0], i);
            PackReader reader = {.bytes = other < 0 ? NULL : kept[other].state,
                                 .size = other < 0 ? 0 : kept[other].size};
            ck_assert(other < 0 || context_get(swapped->context[0], i, &reader));
            swaps += other >= 0;
        }
    }
    return swaps;
}

START_TEST(others_memories_are_whole_and_undisturbed) {
    AgentPolicy* policy = policy_of(kinds[_i], ROWS);
    AgentMemory *plain = memory_of(policy, ROWS, AGENT_RECALL_OWN),
                *swapped = memory_of(policy, ROWS, AGENT_RECALL_OWN),
                *tested = memory_of(policy, ROWS, AGENT_RECALL_OTHER);
    AgentMemory* all[] = {plain, swapped, tested};
    Games* games = malloc(sizeof *games);
    Kept* kept = calloc(ROWS, sizeof *kept);
    static float context[3][MOST][WIDTH];
    // Row 2's first chunk ends beside row 5's new episode, of which no chunk has ended.
    static const int again[ROWS] = {0, 0, 30, 0, 0, 31, 44, 0};
    NetRandom random = net_random(11, 0);
    int swaps = 0, differ = 0;
    ck_assert_uint_le(tested->state_size, STATE);
    for (int t = 0; t < STEPS; t++) {
        for (int32_t i = 0; i < ROWS; i++) {
            bool begins = t == 0 || t == 3 * i || (t > 0 && t == again[i]);
            for (int m = 0; m < 3 && begins; m++) {
                agent_memory_begin(all[m], i);
                kept[i].size = 0, kept[i].chunks = 0, kept[i].over = false;
            }
            if (i % 3 == 0 && t == 15 + 4 * i) { // over, its row is stepped all the same
                policy_memory_rest(tested, i);
                kept[i].over = true;
            }
        }
        draw(&random, games);
        swaps += swap(plain, swapped, policy->config.context_chunk, kept);
        for (int m = 0; m < 3; m++) {
            act(policy, all[m], 0, ROWS, games, context[m]);
        }
        ck_assert_msg(memcmp(context[2], context[1], sizeof(float[ROWS][WIDTH])) == 0, "step %d",
                      t);
        differ += memcmp(context[2], context[0], sizeof(float[ROWS][WIDTH])) != 0;
    }
    ck_assert_int_gt(swaps, 40);
    ck_assert_int_gt(differ, STEPS / 2);
    for (int m = 0; m < 3; m++) {
        agent_memory_destroy(all[m]);
    }
    free(games);
    free(kept);
    agent_policy_destroy(policy);
}
END_TEST

// ---------------------------------------------------------------- many games
// Games of a policy of 24 rows remember what each would on its own.
START_TEST(games_do_not_meet) {
    AgentPolicy *many = policy_of(kinds[_i], MOST), *one = policy_of(kinds[_i], 1);
    AgentMemory *together = memory_of(many, MOST, AGENT_RECALL_OWN), *alone[MOST];
    Games* games = malloc(sizeof *games);
    static float context[2][MOST][WIDTH];
    NetRandom random = net_random(12, 0);
    for (int32_t i = 0; i < MOST; i++) {
        alone[i] = memory_of(one, 1, AGENT_RECALL_OWN);
    }
    for (int t = 0; t < 14; t++) {
        draw(&random, games);
        act(many, together, 0, MOST, games, context[0]);
        for (int32_t i = 0; i < MOST; i++) {
            act(one, alone[i], i, 1, games, context[1]);
            for (int k = 0; k < WIDTH; k++) {
                ck_assert_float_eq_tol(context[0][i][k], context[1][i][k], 1e-4F);
            }
        }
    }
    for (int32_t i = 0; i < MOST; i++) {
        agent_memory_destroy(alone[i]);
    }
    agent_memory_destroy(together);
    free(games);
    agent_policy_destroy(many);
    agent_policy_destroy(one);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("policy_memory");
    TCase* c = tcase_create("policy_memory");
    tcase_add_loop_test(c, others_memories_are_whole_and_undisturbed, 0, KINDS);
    tcase_add_loop_test(c, games_do_not_meet, 0, KINDS);
    suite_add_tcase(s, c);
    return s;
}
