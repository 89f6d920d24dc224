// Proves env/player.c: actions, needs and health in hand-made situations.
#include <check.h>

#include "tests/env/scene.h"
#include "tests/suite.h"

static void set(Scene* scene, int32_t x, int32_t y, CairnMaterial material) {
    world_set_material(scene->world, x, y, material);
}
static int32_t* have(World* world) {
    return world->player.inventory;
}
static int32_t count(const Scene* scene, Achievement achievement) {
    return scene->world->player.achievements[achievement];
}

// ---------------------------------------------------------------- moving and lava
START_TEST(moves_and_faces) {
    Scene scene = scene_open(20, 20, 5, 5);
    const Object* player = &scene.world->objects[PLAYER];
    set(&scene, 4, 5, CAIRN_WATER);
    scene_act(&scene, CAIRN_MOVE_LEFT); // blocked, but turns
    ck_assert_int_eq(player->x, 5);
    ck_assert_int_eq(player->facing_x, -1);
    ck_assert_int_eq(player->facing_y, 0);
    scene_act(&scene, CAIRN_MOVE_UP);
    ck_assert_int_eq(player->y, 4);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(lava_kills) {
    Scene scene = scene_open(20, 20, 5, 5);
    set(&scene, 6, 5, CAIRN_LAVA);
    scene_act(&scene, CAIRN_MOVE_RIGHT);
    ck_assert_int_eq(scene.world->objects[PLAYER].x, 6);
    ck_assert(scene.world->terminated);
    ck_assert_double_eq(scene.world->reward, -0.9);
    scene_close(&scene);
}
END_TEST

START_TEST(recovery_undoes_lava) {
    Scene scene = scene_open(20, 20, 5, 5);
    set(&scene, 6, 5, CAIRN_LAVA);
    scene.world->player.recover = 25;
    scene_act(&scene, CAIRN_MOVE_RIGHT);
    ck_assert(!scene.world->terminated);
    ck_assert_int_eq(have(scene.world)[CAIRN_HEALTH], 1);
    scene_act(&scene, CAIRN_NOOP); // standing in lava is not asked about again
    ck_assert(!scene.world->terminated);
    scene_act(&scene, CAIRN_MOVE_RIGHT); // leaves it
    ck_assert(!scene.world->terminated);
    scene_close(&scene);
}
END_TEST

START_TEST(blocked_in_lava_still_burns) {
    Scene scene = scene_open(20, 20, 5, 5);
    set(&scene, 5, 5, CAIRN_LAVA);
    set(&scene, 6, 5, CAIRN_ROCK);
    scene_act(&scene, CAIRN_MOVE_RIGHT);
    ck_assert(scene.world->terminated);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- collecting
typedef struct Collecting {
    CairnMaterial from, leaves;
    CairnItem requires, gives; // CAIRN_HEALTH: nothing required
    Achievement achievement;
} Collecting;
static const Collecting COLLECTING[] = {
    {CAIRN_TREE, CAIRN_GRASS, CAIRN_HEALTH, CAIRN_WOOD, COLLECT_WOOD},
    {CAIRN_ROCK, CAIRN_PATH, CAIRN_WOOD_PICKAXE, CAIRN_STONE, COLLECT_STONE},
    {CAIRN_COAL_ORE, CAIRN_PATH, CAIRN_WOOD_PICKAXE, CAIRN_COAL, COLLECT_COAL},
    {CAIRN_IRON_ORE, CAIRN_PATH, CAIRN_STONE_PICKAXE, CAIRN_IRON, COLLECT_IRON},
    {CAIRN_DIAMOND_ORE, CAIRN_PATH, CAIRN_IRON_PICKAXE, CAIRN_DIAMOND, COLLECT_DIAMOND},
    {CAIRN_GRASS, CAIRN_GRASS, CAIRN_HEALTH, CAIRN_SAPLING, COLLECT_SAPLING}};

START_TEST(collects_and_draws) {
    const Collecting* rule = &COLLECTING[_i];
    Scene scene = scene_open(20, 20, 5, 5);
    set(&scene, 5, 6, rule->from);
    if (rule->requires != CAIRN_HEALTH) { // without the tool: nothing, and no draw
        scene_act(&scene, CAIRN_DO);
        ck_assert_int_eq(world_material(scene.world, 5, 6), rule->from);
        scene_all_drawn(&scene);
        have(scene.world)[rule->requires] = 1;
    }
    scene_uniform(&scene, 0.1);
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[rule->gives], 1);
    ck_assert_int_eq(count(&scene, rule->achievement), 1);
    ck_assert_int_eq(world_material(scene.world, 5, 6), rule->leaves);
    ck_assert_double_eq(scene.world->reward, 1);
    if (rule->requires != CAIRN_HEALTH) {
        ck_assert_int_eq(have(scene.world)[rule->requires], 1); // not used up
    }
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(saplings_are_rare) {
    Scene scene = scene_open(20, 20, 5, 5);
    scene_uniform(&scene, 0.11);
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_SAPLING], 0);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(drinks) {
    Scene scene = scene_open(20, 20, 5, 5);
    set(&scene, 5, 6, CAIRN_WATER);
    scene.world->player.thirst = 20;
    have(scene.world)[CAIRN_DRINK] = 3;
    scene_uniform(&scene, 0.999);
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_DRINK], 4);
    ck_assert_double_eq(scene.world->player.thirst, 1);
    ck_assert_int_eq(world_material(scene.world, 5, 6), CAIRN_WATER);
    scene_close(&scene);
}
END_TEST

START_TEST(full_hands_still_count) {
    Scene scene = scene_open(20, 20, 5, 5);
    set(&scene, 5, 6, CAIRN_TREE);
    have(scene.world)[CAIRN_WOOD] = 9;
    scene_uniform(&scene, 0.5);
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_WOOD], 9);
    ck_assert_int_eq(count(&scene, COLLECT_WOOD), 1);
    ck_assert_int_eq(world_material(scene.world, 5, 6), CAIRN_GRASS);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- placing
typedef struct Placing {
    CairnAction action;
    CairnItem item;
    int32_t amount;
    CairnMaterial material;
    Achievement achievement;
    int32_t onto; // set of materials
} Placing;
static const Placing PLACING[] = {
    {CAIRN_PLACE_STONE, CAIRN_STONE, 1, CAIRN_ROCK, PLACE_STONE,
     1 << CAIRN_GRASS | 1 << CAIRN_SAND | 1 << CAIRN_PATH | 1 << CAIRN_WATER | 1 << CAIRN_LAVA},
    {CAIRN_PLACE_TABLE, CAIRN_WOOD, 2, CAIRN_TABLE, PLACE_TABLE,
     1 << CAIRN_GRASS | 1 << CAIRN_SAND | 1 << CAIRN_PATH},
    {CAIRN_PLACE_FURNACE, CAIRN_STONE, 4, CAIRN_FURNACE, PLACE_FURNACE,
     1 << CAIRN_GRASS | 1 << CAIRN_SAND | 1 << CAIRN_PATH}};

START_TEST(places) {
    const Placing* rule = &PLACING[_i];
    for (int material = CAIRN_WATER; material < CAIRN_MATERIALS; material++) {
        Scene scene = scene_open(20, 20, 5, 5);
        bool allowed = rule->onto >> material & 1;
        set(&scene, 5, 6, (CairnMaterial)material);
        have(scene.world)[rule->item] = rule->amount - 1;
        scene_act(&scene, rule->action);
        ck_assert_int_eq(world_material(scene.world, 5, 6), material);
        have(scene.world)[rule->item] = rule->amount;
        scene_act(&scene, rule->action);
        ck_assert_int_eq(count(&scene, rule->achievement), allowed);
        ck_assert_int_eq(have(scene.world)[rule->item], allowed ? 0 : rule->amount);
        ck_assert_int_eq(world_material(scene.world, 5, 6),
                         allowed ? (int)rule->material : material);
        scene_all_drawn(&scene);
        scene_close(&scene);
    }
}
END_TEST

START_TEST(places_nothing_on_objects_or_outside) {
    Scene scene = scene_open(20, 20, 5, 5);
    object_add(scene.world, KIND_PLANT, 5, 6);
    have(scene.world)[CAIRN_STONE] = 9;
    scene_act(&scene, CAIRN_PLACE_STONE);
    ck_assert_int_eq(have(scene.world)[CAIRN_STONE], 9);
    scene_close(&scene);
    scene = scene_open(20, 20, 5, 19); // faces the lower edge
    have(scene.world)[CAIRN_STONE] = 9;
    scene_act(&scene, CAIRN_PLACE_STONE);
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_STONE], 9);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(plants_wait_a_step) {
    Scene scene = scene_open(20, 20, 5, 5);
    have(scene.world)[CAIRN_SAPLING] = 1;
    scene_act(&scene, CAIRN_PLACE_PLANT);
    const Object* plant = world_object(scene.world, 5, 6);
    ck_assert_ptr_nonnull(plant);
    ck_assert_int_eq(plant->counter, 0);
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(plant->counter, 1);
    ck_assert_int_eq(world_material(scene.world, 5, 6), CAIRN_GRASS);
    scene_close(&scene);
    scene = scene_open(20, 20, 5, 5);
    set(&scene, 5, 6, CAIRN_SAND); // grass only
    have(scene.world)[CAIRN_SAPLING] = 1;
    scene_act(&scene, CAIRN_PLACE_PLANT);
    ck_assert_int_eq(have(scene.world)[CAIRN_SAPLING], 1);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- making
typedef struct Making {
    CairnAction action;
    CairnItem item;
    Achievement achievement;
    int32_t wood, stone, coal, iron;
    bool furnace;
} Making;
static const Making MAKING[] = {
    {CAIRN_MAKE_WOOD_PICKAXE, CAIRN_WOOD_PICKAXE, MAKE_WOOD_PICKAXE, 1, 0, 0, 0, false},
    {CAIRN_MAKE_STONE_PICKAXE, CAIRN_STONE_PICKAXE, MAKE_STONE_PICKAXE, 1, 1, 0, 0, false},
    {CAIRN_MAKE_IRON_PICKAXE, CAIRN_IRON_PICKAXE, MAKE_IRON_PICKAXE, 1, 0, 1, 1, true},
    {CAIRN_MAKE_WOOD_SWORD, CAIRN_WOOD_SWORD, MAKE_WOOD_SWORD, 1, 0, 0, 0, false},
    {CAIRN_MAKE_STONE_SWORD, CAIRN_STONE_SWORD, MAKE_STONE_SWORD, 1, 1, 0, 0, false},
    {CAIRN_MAKE_IRON_SWORD, CAIRN_IRON_SWORD, MAKE_IRON_SWORD, 1, 0, 1, 1, true}};

static void give(Scene* scene, const Making* rule) {
    have(scene->world)[CAIRN_WOOD] = rule->wood;
    have(scene->world)[CAIRN_STONE] = rule->stone;
    have(scene->world)[CAIRN_COAL] = rule->coal;
    have(scene->world)[CAIRN_IRON] = rule->iron;
}

START_TEST(makes) {
    const Making* rule = &MAKING[_i];
    Scene scene = scene_open(20, 20, 5, 5);
    give(&scene, rule);
    scene_act(&scene, rule->action); // no table
    ck_assert_int_eq(count(&scene, rule->achievement), 0);
    set(&scene, 4, 4, CAIRN_TABLE);
    if (rule->furnace) {
        scene_act(&scene, rule->action);
        ck_assert_int_eq(count(&scene, rule->achievement), 0);
        set(&scene, 6, 6, CAIRN_FURNACE);
    }
    const CairnItem used[] = {CAIRN_WOOD, CAIRN_STONE, CAIRN_COAL, CAIRN_IRON};
    for (int i = 0; i < 4; i++) { // one too few of each in turn
        give(&scene, rule);
        if (have(scene.world)[used[i]]-- > 0) {
            scene_act(&scene, rule->action);
            ck_assert_int_eq(count(&scene, rule->achievement), 0);
        }
    }
    give(&scene, rule);
    scene_act(&scene, rule->action);
    ck_assert_int_eq(count(&scene, rule->achievement), 1);
    ck_assert_int_eq(have(scene.world)[rule->item], 1);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(have(scene.world)[used[i]], 0);
    }
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

static bool makes_at(int32_t x, int32_t y, int32_t table_x, int32_t table_y) {
    Scene scene = scene_open(20, 20, x, y);
    set(&scene, table_x, table_y, CAIRN_TABLE);
    have(scene.world)[CAIRN_WOOD] = 1;
    scene_act(&scene, CAIRN_MAKE_WOOD_PICKAXE);
    bool made = have(scene.world)[CAIRN_WOOD_PICKAXE] == 1;
    scene_close(&scene);
    return made;
}

START_TEST(nothing_is_near_at_the_low_edges) {
    ck_assert(makes_at(1, 1, 0, 0));
    ck_assert(!makes_at(0, 5, 1, 5));
    ck_assert(!makes_at(5, 0, 5, 1));
    ck_assert(!makes_at(0, 0, 19, 19)); // and nothing wraps around
    ck_assert(makes_at(19, 19, 18, 18));
    ck_assert(!makes_at(5, 5, 7, 5));
}
END_TEST

// ---------------------------------------------------------------- fighting and eating
START_TEST(swords_hurt_more) {
    const CairnItem sword[] = {CAIRN_WOOD_SWORD, CAIRN_STONE_SWORD, CAIRN_IRON_SWORD};
    const int32_t damage[] = {1, 2, 3, 5};
    for (int owned = 0; owned <= 3; owned++) {
        Scene scene = scene_open(20, 20, 5, 5);
        Object* zombie = object_add(scene.world, KIND_ZOMBIE, 5, 6);
        zombie->counter = 5;
        if (owned > 0) {
            have(scene.world)[sword[owned - 1]] = 1;
        }
        scene_act(&scene, CAIRN_DO);
        ck_assert_int_eq(zombie->health, 5 - damage[owned]);
        ck_assert_int_eq(count(&scene, DEFEAT_ZOMBIE), owned == 3);
        scene_close(&scene);
    }
}
END_TEST

START_TEST(eats_cows) {
    Scene scene = scene_open(20, 20, 5, 5);
    Object* cow = object_add(scene.world, KIND_COW, 5, 6);
    cow->health = 1;
    have(scene.world)[CAIRN_FOOD] = 2;
    scene.world->player.hunger = 20;
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_FOOD], 8);
    ck_assert_int_eq(count(&scene, EAT_COW), 1);
    ck_assert_double_eq(scene.world->player.hunger, 1);
    ck_assert_int_eq(cow->kind, KIND_NONE); // its own update took it away
    scene_close(&scene);
}
END_TEST

START_TEST(eats_ripe_plants_only) {
    Scene scene = scene_open(20, 20, 5, 5);
    Object* plant = object_add(scene.world, KIND_PLANT, 5, 6);
    have(scene.world)[CAIRN_FOOD] = 2;
    scene.world->player.hunger = 3;
    plant->counter = 300;
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_FOOD], 2);
    ck_assert_int_eq(plant->health, 1);
    ck_assert_int_eq(plant->counter, 301);
    scene_act(&scene, CAIRN_DO);
    ck_assert_int_eq(have(scene.world)[CAIRN_FOOD], 6);
    ck_assert_int_eq(count(&scene, EAT_PLANT), 1);
    ck_assert_int_eq(plant->counter, 1); // 0, then its update
    ck_assert_double_eq(scene.world->player.hunger, 5);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- sleep
START_TEST(sleeps_only_when_tired) {
    Scene scene = scene_open(20, 20, 5, 5);
    scene_act(&scene, CAIRN_SLEEP);
    ck_assert(!scene.world->player.sleeping);
    have(scene.world)[CAIRN_ENERGY] = 8;
    scene_act(&scene, CAIRN_SLEEP);
    ck_assert(scene.world->player.sleeping);
    scene_act(&scene, CAIRN_MOVE_LEFT); // asleep: overridden
    ck_assert_int_eq(scene.world->objects[PLAYER].x, 5);
    scene_close(&scene);
}
END_TEST

START_TEST(wakes_rested_and_acts) {
    Scene scene = scene_open(20, 20, 5, 5);
    scene.world->player.sleeping = true;
    have(scene.world)[CAIRN_ENERGY] = 8;
    scene.world->player.fatigue = -10;
    scene_act(&scene, CAIRN_NOOP); // energy becomes 9
    ck_assert(scene.world->player.sleeping);
    ck_assert_int_eq(have(scene.world)[CAIRN_ENERGY], 9);
    scene_act(&scene, CAIRN_MOVE_LEFT);
    ck_assert(!scene.world->player.sleeping);
    ck_assert_int_eq(scene.world->objects[PLAYER].x, 4);
    ck_assert_int_eq(count(&scene, WAKE_UP), 1);
    scene_close(&scene);
}
END_TEST

START_TEST(damage_wakes_a_step_later) {
    Scene scene = scene_open(20, 20, 5, 5);
    object_add(scene.world, KIND_ZOMBIE, 5, 6);
    scene.world->player.sleeping = true;
    have(scene.world)[CAIRN_ENERGY] = 3;
    scene_uniform(&scene, 0.95); // does not come nearer
    scene_choice(&scene, 3);     // downwards
    scene_act(&scene, CAIRN_MOVE_LEFT);
    ck_assert_int_eq(have(scene.world)[CAIRN_HEALTH], 9); // moved away: no harm
    scene_script(&scene);
    scene_uniform(&scene, 0.5);
    scene_uniform(&scene, 0.5);
    scene_act(&scene, CAIRN_MOVE_LEFT); // comes near and bites a sleeper
    ck_assert_int_eq(have(scene.world)[CAIRN_HEALTH], 2);
    ck_assert(scene.world->player.sleeping);
    scene_act(&scene, CAIRN_MOVE_LEFT); // still overridden, then awake
    ck_assert_int_eq(scene.world->objects[PLAYER].x, 5);
    ck_assert(!scene.world->player.sleeping);
    ck_assert_int_eq(count(&scene, WAKE_UP), 0);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- needs
START_TEST(needs_grow) {
    Scene scene = scene_open(20, 20, 5, 5);
    for (int step = 1; step <= 31; step++) {
        scene_act(&scene, CAIRN_NOOP);
        ck_assert_int_eq(have(scene.world)[CAIRN_FOOD], step < 26 ? 9 : 8);
        ck_assert_int_eq(have(scene.world)[CAIRN_DRINK], step < 21 ? 9 : 8);
        ck_assert_int_eq(have(scene.world)[CAIRN_ENERGY], step < 31 ? 9 : 8);
    }
    scene_close(&scene);
}
END_TEST

START_TEST(sleepers_need_less) {
    Scene scene = scene_open(20, 20, 5, 5);
    Player* player = &scene.world->player;
    player->sleeping = true;
    player->fatigue = 7;
    have(scene.world)[CAIRN_ENERGY] = 1;
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_double_eq(player->hunger, 0.5);
    ck_assert_double_eq(player->thirst, 0.5);
    ck_assert_double_eq(player->recover, 2);
    ck_assert_int_eq(player->fatigue, 0);
    for (int step = 0; step < 11; step++) {
        scene_act(&scene, CAIRN_NOOP);
    }
    ck_assert_int_eq(have(scene.world)[CAIRN_ENERGY], 2);
    ck_assert_int_eq(player->fatigue, 0);
    scene_close(&scene);
}
END_TEST

START_TEST(health_follows_needs) {
    Scene scene = scene_open(20, 20, 5, 5);
    have(scene.world)[CAIRN_HEALTH] = 5;
    for (int step = 0; step < 26; step++) {
        scene_act(&scene, CAIRN_NOOP);
    }
    ck_assert_int_eq(have(scene.world)[CAIRN_HEALTH], 6);
    have(scene.world)[CAIRN_DRINK] = 0;
    scene.world->player.thirst = -100;
    for (int step = 0; step < 16; step++) {
        ck_assert_int_eq(have(scene.world)[CAIRN_HEALTH], 6);
        scene_act(&scene, CAIRN_NOOP);
    }
    ck_assert_int_eq(have(scene.world)[CAIRN_HEALTH], 5);
    scene.world->player.sleeping = true;
    have(scene.world)[CAIRN_ENERGY] = 0;
    scene.world->player.recover = 0;
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_double_eq(scene.world->player.recover, -0.5);
    scene_close(&scene);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("player");
    TCase* tests = tcase_create("player");
    tcase_add_test(tests, moves_and_faces);
    tcase_add_test(tests, lava_kills);
    tcase_add_test(tests, recovery_undoes_lava);
    tcase_add_test(tests, blocked_in_lava_still_burns);
    tcase_add_loop_test(tests, collects_and_draws, 0, 6);
    tcase_add_test(tests, saplings_are_rare);
    tcase_add_test(tests, drinks);
    tcase_add_test(tests, full_hands_still_count);
    tcase_add_loop_test(tests, places, 0, 3);
    tcase_add_test(tests, places_nothing_on_objects_or_outside);
    tcase_add_test(tests, plants_wait_a_step);
    tcase_add_loop_test(tests, makes, 0, 6);
    tcase_add_test(tests, nothing_is_near_at_the_low_edges);
    tcase_add_test(tests, swords_hurt_more);
    tcase_add_test(tests, eats_cows);
    tcase_add_test(tests, eats_ripe_plants_only);
    tcase_add_test(tests, sleeps_only_when_tired);
    tcase_add_test(tests, wakes_rested_and_acts);
    tcase_add_test(tests, damage_wakes_a_step_later);
    tcase_add_test(tests, needs_grow);
    tcase_add_test(tests, sleepers_need_less);
    tcase_add_test(tests, health_follows_needs);
    suite_add_tcase(suite, tests);
    return suite;
}
