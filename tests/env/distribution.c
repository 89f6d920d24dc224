// Episodes of a random policy as numbers (distribution.h).
#include "tests/env/distribution.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/handle.h"
#include "env/rules.h"

enum { WORLDS = 64, RINGS = 5, NAME = 64, BLOCKS = 8 };
static const int32_t MOMENTS[DISTRIBUTION_MOMENTS] = {10, 50, 100, 150, 200};

// ---------------------------------------------------------------- what is looked at
typedef struct Sheet { // the values of one episode so far
    int32_t count;
    double value[DISTRIBUTION_VALUES_MAX];
    bool there[DISTRIBUTION_VALUES_MAX];
} Sheet;

// Values are written in a fixed order; name is filled in when it is wanted.
typedef struct Writer {
    Sheet* sheet;
    int32_t at, wanted; // wanted: number of the value whose name is asked for, or -1
    char* name;
} Writer;

static void put(Writer* writer, double value, const char* what, int32_t a, int32_t b) {
    if (writer->at == writer->wanted) {
        snprintf(writer->name, NAME, "%s %d %d", what, a, b);
    }
    if (writer->sheet) {
        writer->sheet->value[writer->at] = value;
        writer->sheet->there[writer->at] = true;
    }
    writer->at++;
}

static int32_t ring_of(double distance) {
    static const double EDGE[RINGS - 1] = {4, 10, 18, 28};
    int32_t ring = 0;
    while (ring < RINGS - 1 && distance >= EDGE[ring]) {
        ring++;
    }
    return ring;
}

// A fresh world: materials and creatures by distance from the middle, grass and creatures by place.
static void look_at_start(const World* world, Writer* writer) {
    double material[CAIRN_MATERIALS][RINGS] = {{0}}, kind[KIND_COUNT][RINGS] = {{0}};
    double grass[BLOCKS][BLOCKS] = {{0}}, creatures[BLOCKS][BLOCKS] = {{0}};
    for (int32_t x = 0; world && x < 64; x++) {
        for (int32_t y = 0; y < 64; y++) {
            const int32_t cell = world->material[world_cell(world, x, y)];
            material[cell][ring_of(hypot(x - 32, y - 32))]++;
            grass[x / 8][y / 8] += cell == CAIRN_GRASS;
        }
    }
    for (int32_t i = PLAYER + 1; world && i < world->object_count; i++) {
        const Object* object = &world->objects[i];
        kind[object->kind][ring_of(hypot(object->x - 32, object->y - 32))]++;
        creatures[object->x / 8][object->y / 8]++;
    }
    for (int32_t ring = 0; ring < RINGS; ring++) {
        for (int32_t m = 1; m <= CAIRN_DIAMOND_ORE; m++) {
            put(writer, material[m][ring], "fresh world: material, ring", m, ring);
        }
        for (int32_t k = KIND_COW; k <= KIND_SKELETON; k++) {
            put(writer, kind[k][ring], "fresh world: creature, ring", k, ring);
        }
    }
    for (int32_t x = 0; x < BLOCKS; x++) {
        for (int32_t y = 0; y < BLOCKS; y++) {
            put(writer, grass[x][y], "fresh world: grass, block", x, y);
            put(writer, creatures[x][y], "fresh world: creatures, block", x, y);
        }
    }
    put(writer, world ? world->chunk_count : 0, "fresh world: chunks", 0, 0);
}

// A world in play: creatures by distance from the player and by place, the player's state.
static void look_at_moment(const World* world, int32_t moment, Writer* writer) {
    double kind[KIND_COUNT][RINGS] = {{0}}, health[KIND_COUNT] = {0}, across[KIND_COUNT] = {0};
    const int32_t step = MOMENTS[moment];
    for (int32_t i = PLAYER + 1; world && i < world->object_count; i++) {
        const Object* object = &world->objects[i];
        kind[object->kind][ring_of(object_distance(world, object))]++;
        health[object->kind] += object->health;
        across[object->kind] += object->x + 0.01 * object->y * object->y;
    }
    for (int32_t k = KIND_COW; k < KIND_COUNT; k++) {
        for (int32_t ring = 0; ring < RINGS; ring++) {
            put(writer, kind[k][ring], "creatures by distance, at step: kind", step, k);
        }
        put(writer, health[k], "sum of healths, at step: kind", step, k);
        put(writer, across[k], "places, at step: kind", step, k);
    }
    for (int32_t item = 0; item < CAIRN_ITEMS; item++) {
        put(writer, world ? world->player.inventory[item] : 0, "inventory, at step", step, item);
    }
    const Object* player = world ? &world->objects[PLAYER] : NULL;
    put(writer, player ? abs(player->x - 32) + abs(player->y - 32) : 0, "way gone, at step", step,
        0);
    put(writer, world ? world->player.sleeping : 0, "asleep, at step", step, 0);
}

static void look_at_end(const int32_t* achievements, double length, double total, Writer* writer) {
    for (int32_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        put(writer, achievements ? achievements[a] > 0 : 0, "unlocked", a, 0);
        put(writer, achievements ? achievements[a] : 0, "achievement's count", a, 0);
    }
    put(writer, length, "length", 0, 0);
    put(writer, total, "return", 0, 0);
}

// The order of values: the start's, each moment's, the end's. part: 0 .. DISTRIBUTION_MOMENTS + 1
static int32_t place_of(int32_t part) {
    Writer writer = {.wanted = -1};
    if (part > 0) {
        look_at_start(NULL, &writer);
    }
    for (int32_t moment = 0; moment + 1 < part; moment++) {
        look_at_moment(NULL, moment, &writer);
    }
    return writer.at;
}

static void name_value(int32_t number, char name[NAME]) {
    Writer writer = {.wanted = number, .name = name};
    look_at_start(NULL, &writer);
    for (int32_t moment = 0; moment < DISTRIBUTION_MOMENTS; moment++) {
        look_at_moment(NULL, moment, &writer);
    }
    look_at_end(NULL, 0, 0, &writer);
}

static int32_t value_count(void) {
    Writer writer = {.at = place_of(DISTRIBUTION_MOMENTS + 1), .wanted = -1};
    look_at_end(NULL, 0, 0, &writer);
    assert(writer.at <= DISTRIBUTION_VALUES_MAX);
    return writer.at;
}

// ---------------------------------------------------------------- playing
typedef struct Player64 { // a world's episode at play
    Sheet sheet;
    int32_t length, left; // steps, episodes still wanted
    double total;
} Player64;

static void add_episode(Distribution* all, const Player64* player, const int32_t* achievements) {
    for (int32_t v = 0; v < DISTRIBUTION_VALUES_MAX; v++) {
        if (player->sheet.there[v]) {
            all->count[v]++;
            all->sum[v] += player->sheet.value[v];
            all->square[v] += player->sheet.value[v] * player->sheet.value[v];
        }
    }
    for (int32_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        all->unlocked[a] += achievements[a] > 0;
    }
    all->length[all->episodes] = player->length;
    all->total[all->episodes] = player->total;
    all->episodes++;
    all->steps += player->length;
}

static void begin_episode(Player64* player, const World* world) {
    const int32_t left = player->left - 1;
    *player = (Player64){.left = left};
    look_at_start(world, &(Writer){.sheet = &player->sheet, .wanted = -1});
}

static int32_t random_action(uint64_t* state) {
    return (int32_t)((random_mix(77, (*state)++) >> 32) * CAIRN_ACTIONS >> 32);
}

Distribution distribution_play(CairnMode mode, int32_t episodes, int64_t seed) {
    CairnConfig config = cairn_default_config();
    config.mode = mode;
    config.world_count = WORLDS;
    config.threads = 2;
    config.seed = seed;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY] = "";
    const int32_t each = (episodes + WORLDS - 1) / WORLDS;
    const size_t wanted = (size_t)each * WORLDS;
    Distribution all = {.length = malloc(wanted * sizeof(double)),
                        .total = malloc(wanted * sizeof(double))};
    Player64* players = calloc(WORLDS, sizeof *players);
    if (cairn_create(&config, &cairn, why) != CAIRN_OK || !all.length || !all.total || !players) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
    int32_t action[WORLDS], achievements[WORLDS][CAIRN_ACHIEVEMENTS];
    double reward[WORLDS];
    uint8_t terminated[WORLDS], truncated[WORLDS];
    const CairnOutput output = {.reward = reward,
                                .terminated = terminated,
                                .truncated = truncated,
                                .achievements = achievements[0]};
    cairn_reset(cairn, &output);
    for (int32_t n = 0; n < WORLDS; n++) {
        players[n].left = each + 1;
        begin_episode(&players[n], &cairn->worlds[n]);
    }
    uint64_t random = random_mix((uint64_t)seed, mode);
    while (all.episodes < (int32_t)wanted) {
        for (int32_t n = 0; n < WORLDS; n++) {
            action[n] = random_action(&random);
        }
        cairn_step(cairn, action, &output);
        for (int32_t n = 0; n < WORLDS; n++) {
            Player64* player = &players[n];
            if (player->left == 0) {
                continue;
            }
            player->length++;
            player->total += reward[n];
            if (terminated[n] || truncated[n]) {
                Writer end = {&player->sheet, place_of(DISTRIBUTION_MOMENTS + 1), -1, NULL};
                look_at_end(achievements[n], player->length, player->total, &end);
                add_episode(&all, player, achievements[n]);
                begin_episode(player, &cairn->worlds[n]);
                continue;
            }
            for (int32_t moment = 0; moment < DISTRIBUTION_MOMENTS; moment++) {
                if (player->length == MOMENTS[moment]) {
                    Writer writer = {&player->sheet, place_of(moment + 1), -1, NULL};
                    look_at_moment(&cairn->worlds[n], moment, &writer);
                }
            }
        }
    }
    free(players);
    cairn_destroy(cairn);
    return all;
}

void distribution_free(Distribution* distribution) {
    free(distribution->length);
    free(distribution->total);
}

// ---------------------------------------------------------------- comparing
// The size of a normal deviate that `tests` tests exceed by chance once in a thousand times.
static double limit_of(int32_t tests) {
    double low = 0, high = 40;
    for (int i = 0; i < 80; i++) {
        const double middle = (low + high) / 2;
        *(erfc(middle / sqrt(2)) * tests > 1e-3 ? &low : &high) = middle;
    }
    return high;
}

typedef struct Moments {
    double mean, error; // of the mean, squared
} Moments;

static Moments moments(const Distribution* of, int32_t v) {
    const double n = (double)of->count[v], mean = of->sum[v] / n;
    return (Moments){mean, (of->square[v] / n - mean * mean) / (n - 1)};
}

static int by_size(const void* a, const void* b) {
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

// Largest distance of two samples' distributions, in units of what chance gives; sorts both.
static double smirnov(double* a, int32_t n, double* b, int32_t m) {
    qsort(a, (size_t)n, sizeof *a, by_size);
    qsort(b, (size_t)m, sizeof *b, by_size);
    double largest = 0;
    int32_t i = 0, j = 0;
    while (i < n && j < m) {
        const double at = a[i] < b[j] ? a[i] : b[j];
        while (i < n && a[i] <= at) {
            i++;
        }
        while (j < m && b[j] <= at) {
            j++;
        }
        const double off = fabs((double)i / n - (double)j / m);
        largest = off > largest ? off : largest;
    }
    return largest * sqrt((double)n * m / ((double)n + m));
}

int32_t distribution_compare(const Distribution* a, const Distribution* b, bool all) {
    // Means of rare events are not normal; a value needs this many occurrences.
    enum { RARE = 60 };
    const int32_t values = value_count();
    int32_t tests = 2, different = 0;
    bool usable[DISTRIBUTION_VALUES_MAX] = {false};
    for (int32_t v = 0; v < values; v++) {
        usable[v] = a->count[v] > 50 && b->count[v] > 50 && a->sum[v] * a->sum[v] > 0 &&
                    fabs(a->sum[v]) + fabs(b->sum[v]) >= RARE &&
                    moments(a, v).error + moments(b, v).error > 0;
        tests += usable[v];
    }
    const double limit = limit_of(tests);
    double largest = 0;
    for (int32_t v = 0; v < values; v++) {
        if (!usable[v]) {
            continue;
        }
        const Moments x = moments(a, v), y = moments(b, v);
        const double z = (x.mean - y.mean) / sqrt(x.error + y.error);
        largest = fabs(z) > largest ? fabs(z) : largest;
        if (fabs(z) > limit) {
            char name[NAME] = "";
            name_value(v, name);
            printf("differs: %s: %.6g and %.6g, z = %.2f\n", name, x.mean, y.mean, z);
            different++;
        }
    }
    // Kolmogorov's distribution: 2 exp(-2 d^2) of all samples lie farther apart.
    const double smirnov_limit = sqrt(-log(1e-3 / tests / 2) / 2);
    const double lengths = smirnov(a->length, a->episodes, b->length, b->episodes);
    const double totals = smirnov(a->total, a->episodes, b->total, b->episodes);
    if (lengths > smirnov_limit || totals > smirnov_limit) {
        printf("differs: lengths %.2f, returns %.2f, limit %.2f\n", lengths, totals, smirnov_limit);
        different += (lengths > smirnov_limit) + (totals > smirnov_limit);
    }
    if (all) {
        printf(
            "{\"bench\": \"distribution\", \"episodes\": [%d, %d], \"tests\": %d, \"different\": "
            "%d, \"largest_z\": %.2f, \"limit_z\": %.2f, \"lengths\": %.2f, \"returns\": %.2f, "
            "\"limit\": %.2f}\n",
            a->episodes, b->episodes, tests, different, largest, limit, lengths, totals,
            smirnov_limit);
    }
    return different;
}

// Success rates of a random policy in percent, published with Crafter: 5 runs of about 5,960
// episodes, rounded to two digits.
static const double PUBLISHED[CAIRN_ACHIEVEMENTS] = {
    0.00, 0.00, 9.32, 0.00, 50.19, 0.01, 24.38, 0.02,  0.14, 0.38, 0.01,
    0.00, 0.00, 0.00, 0.00, 0.32,  0.32, 0.00,  44.61, 0.01, 4.36, 93.60};

int32_t distribution_compare_published(const Distribution* sample, bool all) {
    enum { EPISODES = 5 * 5960 };
    const double rounding = 0.00005, limit = limit_of(CAIRN_ACHIEVEMENTS);
    int32_t different = 0;
    double largest = 0;
    for (int32_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        const double n = sample->episodes, rate = sample->unlocked[a] / n;
        const double published = PUBLISHED[a] / 100;
        // One more success and failure in each, so that rates of 0 have an error, too.
        const double pooled = (rate * n + published * EPISODES + 1) / (n + EPISODES + 2);
        const double error = sqrt(pooled * (1 - pooled) * (1 / n + 1.0 / EPISODES));
        const double off = fabs(rate - published) - rounding;
        const double z = off > 0 ? off / error : 0;
        largest = z > largest ? z : largest;
        if (z > limit) {
            printf("differs from what was published: %s: %.3f %%, published %.2f %%, z = %.2f\n",
                   cairn_achievement_name(a), 100 * rate, PUBLISHED[a], z);
            different++;
        }
    }
    if (all) {
        printf("{\"bench\": \"distribution\", \"against\": \"published\", \"episodes\": %d, "
               "\"different\": %d, \"largest_z\": %.2f, \"limit_z\": %.2f}\n",
               sample->episodes, different, largest, limit);
    }
    return different;
}
