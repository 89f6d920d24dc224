// The kinds of memory that `cairn bench memory` compares: their settings, and what the
// specification measured and demands of each.
#include "runs/recall.h"

enum { WINDOW = 16, LAYERS = 2 };

// The three compressed memories are trained on as many episodes each. What was tried for them:
// runs/results/README.md, "The recall task".
static RecallSettings settings_of(int32_t updates) {
    RecallSettings settings = {
        .updates = updates, .rate = 1e-3, .batch = 64, .chunk = RECALL_CHUNK, .norm = 1};
    settings.ccm = net_ccm_default();
    settings.ccm.cap = RECALL_CHUNKS - 1;
    return settings;
}
static RecallSettings without(int32_t updates, int32_t keep, int32_t window) {
    RecallSettings settings = settings_of(updates);
    settings.ccm.comp = 0;
    settings.ccm.keep = keep;
    settings.ccm.window = window;
    return settings;
}
static RecallSettings none(void) {
    return without(1000, 0, 0);
}
static RecallSettings full(void) {
    return without(2000, NET_CCM_UNLIMITED, 0);
}
static RecallSettings window(void) {
    return without(1000, NET_CCM_UNLIMITED, WINDOW);
}
static RecallSettings concat(void) {
    return settings_of(3000);
}
static RecallSettings merge(void) {
    RecallSettings settings = settings_of(6000);
    settings.batch = 32;
    settings.rate = 3e-3;
    settings.ccm.merge = true;
    settings.ccm.comp = 8;
    settings.ccm.positions = NET_CCM_CHUNK;     // a mean of keys that were not turned
    settings.norm = settings.ccm.comp_norm = 8; // what a slot is should count in what it holds
    return settings;
}
static RecallSettings frozen(void) {
    RecallSettings settings = settings_of(2000);
    settings.rate = 3e-3;
    settings.raw_updates = 1000;
    settings.raw_rate = 1e-3;
    settings.ccm.local = true; // else the base looks back in its first layer, for nothing
    return settings;
}

RecallSettings recall_usual(void) {
    return settings_of(0);
}

// A window's layers pass on what is (WINDOW - 1) steps old each: what was bound in the fourth chunk
// before or an earlier one lies beyond.
enum { BEYOND = 4 };
_Static_assert((BEYOND - 1) * RECALL_CHUNK + 1 > LAYERS * (WINDOW - 1),
               "out of the window's reach");

const RecallKind recall_kinds[RECALL_KINDS] = {
    {"none", 6.2, {1, 4, 9, 0}, none},
    {"full", 100, {1, 99.9, 100, 0}, full},
    {"window", 45, {BEYOND, 4, 9, 0}, window},
    {"ccm-concat", 99.4, {1, 97, 100, 95}, concat},
    {"ccm-merge", 85.8, {1, 0, 100, 0}, merge},
    {"ccm-concat-frozen", 86.3, {1, 75, 100, 0}, frozen},
};

bool recall_keeps(const RecallBounds* bounds, const RecallScore* score) {
    double right = 0, asked = 0;
    for (int age = bounds->from_age; age < RECALL_CHUNKS; age++) {
        if (100 * score->age[age] < bounds->every_age) {
            return false;
        }
        right += 100 * score->age[age] * (double)score->asked[age];
        asked += (double)score->asked[age];
    }
    return right >= bounds->least * asked && right <= bounds->most * asked;
}
