// Proves env/balance.c and the chunks of env/objects.c: who comes and goes, in which order.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "tests/env/scene.h"
#include "tests/suite.h"

// Lists agree with the maps in every direction.
static void check_consistency(World* world) {
    const WorldShape* shape = world->shape;
    int32_t listed = 0, existing = 0;
    for (int32_t number = 0; number < shape->chunk_columns * shape->chunk_rows; number++) {
        const Chunk* chunk = &world->chunks[number];
        int32_t cells[CAIRN_MATERIALS] = {0};
        uint8_t members[KIND_COUNT] = {0};
        int32_t before = 0;
        for (int32_t x = 0; x < shape->width; x++) {
            for (int32_t y = 0; y < shape->height; y++) {
                cells[world->material[world_cell(world, x, y)]] +=
                    world_chunk(world, x, y) == number;
            }
        }
        ck_assert_int_eq(cells[CAIRN_GRASS], chunk->grass);
        ck_assert_int_eq(cells[CAIRN_PATH], chunk->path);
        for (int32_t i = chunk->first; i; i = world->list.link[i].next) {
            const Object* object = &world->objects[i];
            ck_assert_int_eq(world->list.link[i].previous, before);
            ck_assert_int_eq(world_chunk(world, object->x, object->y), number);
            ck_assert_int_eq(world_object_index(world, object->x, object->y), i);
            members[object->kind]++;
            before = i;
            listed++;
        }
        ck_assert_int_eq(chunk->last, before);
        ck_assert_mem_eq(members, chunk->members, sizeof members);
        ck_assert(chunk->exists || chunk->first == 0);
        existing += chunk->exists;
    }
    int32_t live = 0, marked = 0, holes = 0;
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        live += world->objects[i].kind != KIND_NONE;
        holes += world->objects[i].kind == KIND_NONE;
    }
    for (int32_t word = 0; word < shape->width * shape->occupied_words; word++) {
        marked += __builtin_popcountll(world->occupied[word]);
    }
    ck_assert_int_eq(live, listed);
    ck_assert_int_eq(live, marked);
    ck_assert_int_eq(holes, world->hole_count);
    ck_assert_int_eq(existing, world->chunk_count);
}

START_TEST(maps_and_lists_agree_in_play) {
    CairnConfig config = cairn_default_config();
    config.area_width = 50;
    config.area_height = 33;
    config.auto_reset = false;
    config.seed = 3;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY];
    ck_assert(cairn_create(&config, &cairn, why) == CAIRN_OK);
    World* world = &cairn->worlds[0];
    world_reset(world, NULL);
    srand(1);
    for (int step = 0; step < 1500; step++) { // goes on after death
        world_step(world, rand() % CAIRN_ACTIONS);
        if (step % 50 == 0) {
            check_consistency(world);
        }
    }
    objects_compact(world);
    check_consistency(world);
    ck_assert_int_eq(world->hole_count, 0);
    cairn_destroy(cairn);
}
END_TEST

START_TEST(compaction_keeps_every_order) {
    Scene scene = scene_open(30, 30, 5, 5);
    World* world = scene.world;
    for (int32_t i = 0; i < 6; i++) {
        object_add(world, KIND_COW, 7 + i, 2)->health = 10 + i;
    }
    object_step(world, world_object(world, 11, 2), (Direction){0, 1}, WALK_LAND);
    object_step(world, world_object(world, 12, 2), (Direction){-1, 0}, WALK_LAND); // changes chunk
    object_remove(world, world_object(world, 8, 2));
    object_remove(world, world_object(world, 9, 2));
    objects_compact(world);
    check_consistency(world);
    const int32_t listed[] = {10, 13, 14, 15};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(world->objects[PLAYER + 1 + i].health, listed[i]);
    }
    ck_assert_int_eq(world->objects[world->chunks[0].last].health, 15); // came in last
    scene_close(&scene);
}
END_TEST

START_TEST(chunks_exist_once_entered) {
    Scene scene = scene_open(30, 30, 11, 5);
    World* world = scene.world;
    ck_assert_int_eq(world->chunk_count, 1);
    scene_act(&scene, CAIRN_MOVE_RIGHT);
    scene_act(&scene, CAIRN_MOVE_LEFT);
    ck_assert_int_eq(world->chunk_count, 2);
    ck_assert_int_eq(world->chunk_order[1], world_chunk(world, 12, 5));
    ck_assert_int_eq(world->chunks[world->chunk_order[1]].first, 0); // empty, but there
    scene_close(&scene);
}
END_TEST

// The one chunk of these scenes is a meadow of 12 x 12 cells.
static Scene open_meadow(double daylight) {
    Scene scene = scene_open(12, 12, 0, 0);
    scene.world->daylight = daylight;
    return scene;
}

START_TEST(zombies_spawn_on_grass) {
    Scene scene = open_meadow(0.5); // int(3.5 - 1.5) = 2
    scene_uniform(&scene, 0.29);
    scene_choice(&scene, 200);          // too large: another attempt
    scene_choice(&scene, 11 * 12 + 10); // cell (11, 10)
    scene_uniform(&scene, 0.99);        // no cow
    balance_chunks(scene.world);
    scene_all_drawn(&scene);
    ck_assert_int_eq(world_object(scene.world, 11, 10)->kind, KIND_ZOMBIE);
    scene_script(&scene);
    scene_uniform(&scene, 0.29);
    scene_choice(&scene, 5); // (0, 5): nearer than 6
    scene_uniform(&scene, 0.99);
    balance_chunks(scene.world);
    scene_all_drawn(&scene);
    ck_assert_ptr_null(world_object(scene.world, 0, 5));
    scene_script(&scene);
    scene_uniform(&scene, 0.31); // missed
    scene_uniform(&scene, 0.99);
    balance_chunks(scene.world);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(noon_empties_the_meadow) {
    Scene scene = open_meadow(1); // no zombie wanted
    World* world = scene.world;
    object_add(world, KIND_COW, 3, 3);
    object_add(world, KIND_COW, 4, 4);
    object_add(world, KIND_ZOMBIE, 1, 0)->health = 1;
    object_add(world, KIND_ZOMBIE, 2, 0)->health = 2;
    object_add(world, KIND_ZOMBIE, 3, 0)->health = 3;
    scene_uniform(&scene, 0.39);
    scene_choice(&scene, 3); // too large
    scene_choice(&scene, 1); // the second zombie; any distance will do
    balance_chunks(world);
    scene_all_drawn(&scene);
    ck_assert_ptr_null(world_object(world, 2, 0));
    ck_assert_ptr_nonnull(world_object(world, 1, 0));
    ck_assert_ptr_nonnull(world_object(world, 3, 0));
    scene_close(&scene);
}
END_TEST

START_TEST(choosing_one_of_one_draws_nothing) {
    Scene scene = open_meadow(1);
    World* world = scene.world;
    object_add(world, KIND_COW, 3, 3);
    Object* zombie = object_add(world, KIND_ZOMBIE, 1, 0);
    scene_uniform(&scene, 0.1);
    balance_chunks(world);
    scene_all_drawn(&scene);
    ck_assert_int_eq(zombie->kind, KIND_NONE);
    scene_close(&scene);
}
END_TEST

START_TEST(cows_leave_only_far_from_the_player) {
    Scene scene = open_meadow(0.4); // int(1.5 + 0.4) = 1; int(3.5 - 1.2) = 2 zombies
    World* world = scene.world;
    object_add(world, KIND_ZOMBIE, 11, 11);
    object_add(world, KIND_ZOMBIE, 11, 10);
    object_add(world, KIND_COW, 2, 2);
    object_add(world, KIND_COW, 3, 2);
    for (uint32_t member = 0; member < 2; member++) {
        scene_script(&scene);
        scene_uniform(&scene, 0.09);
        scene_choice(&scene, member);
        balance_chunks(world);
        scene_all_drawn(&scene);
        ck_assert((world_object(world, 2, 2) != NULL)); // distance 4
        ck_assert_int_eq(world_object(world, 3, 2) == NULL, member == 1);
    }
    scene_close(&scene);
}
END_TEST

START_TEST(skeletons_need_paths) {
    Scene scene = open_meadow(1);
    World* world = scene.world;
    object_add(world, KIND_COW, 3, 3);
    for (int32_t y = 5; y < 10; y++) {
        world_set_material(world, 11, y, CAIRN_PATH);
    }
    balance_chunks(world); // five cells are too few
    scene_all_drawn(&scene);
    world_set_material(world, 11, 10, CAIRN_PATH);
    scene_uniform(&scene, 0.09);
    scene_choice(&scene, 5);
    balance_chunks(world);
    scene_all_drawn(&scene);
    ck_assert_int_eq(world_object(world, 11, 10)->kind, KIND_SKELETON);
    scene_close(&scene);
}
END_TEST

START_TEST(small_meadows_get_no_zombies) {
    Scene scene = scene_open(7, 7, 0, 0); // 49 cells of grass
    scene.world->daylight = 0;
    object_add(scene.world, KIND_COW, 3, 3);
    balance_chunks(scene.world);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- mode fast
enum { ROUNDS = 100000 };

// Share of rounds in which the one chunk got a creature of the kind more (or less).
static double share(World* world, ObjectKind kind, int32_t change, const Object* kept,
                    int32_t kept_count, int32_t* came) {
    int32_t count = 0;
    for (int32_t round = 0; round < ROUNDS; round++) {
        objects_clear(world);
        object_add(world, KIND_PLAYER, 0, 0);
        for (int32_t i = 0; i < kept_count; i++) {
            object_add(world, (ObjectKind)kept[i].kind, kept[i].x, kept[i].y);
        }
        world_rebuild(world);
        world->step = round;
        balance_chunks(world);
        const int32_t members = world->chunks[0].members[kind];
        int32_t before = 0;
        for (int32_t i = 0; i < kept_count; i++) {
            before += kept[i].kind == kind;
        }
        count += members == before + change;
        if (came && members > before) {
            const Object* last = &world->objects[world->object_count - 1];
            came[last->x * 12 + last->y] += last->kind == kind;
        }
    }
    return (double)count / ROUNDS;
}

// Five standard deviations of a share of ROUNDS.
static void check_share(double share, double expected) {
    ck_assert_double_le(fabs(share - expected), 5 * sqrt(expected * (1 - expected) / ROUNDS));
}

START_TEST(fast_zombies_come_at_the_same_rate_to_any_cell) {
    Scene scene = scene_open_fast(12, 12, 0, 0);
    World* world = scene.world;
    world->daylight = 0.5; // 2 zombies wanted
    for (int32_t x = 6; x < 12; x++) {
        world_set_material(world, x, 3, CAIRN_SAND);
    }
    const Object cow = {.x = 9, .y = 9, .kind = KIND_COW};
    int32_t came[144] = {0};
    const double cells = 144 - 6;
    int32_t eligible = 0;
    for (int32_t cell = 0; cell < 144; cell++) {
        const int32_t x = cell / 12, y = cell % 12;
        eligible += x + y >= 6 && world_material(world, x, y) == CAIRN_GRASS && (x != 9 || y != 9);
    }
    check_share(share(world, KIND_ZOMBIE, 1, &cow, 1, came), 0.3 * eligible / cells);
    for (int32_t cell = 0; cell < 144; cell++) {
        const int32_t x = cell / 12, y = cell % 12;
        const bool may =
            x + y >= 6 && world_material(world, x, y) == CAIRN_GRASS && (x != 9 || y != 9);
        check_share((double)came[cell] / ROUNDS, may ? 0.3 / cells : 0);
    }
    scene_close(&scene);
}
END_TEST

START_TEST(fast_creatures_go_at_the_same_rates) {
    Scene scene = scene_open_fast(12, 12, 0, 0);
    World* world = scene.world;
    world->daylight = 1; // no zombie wanted, two cows at most
    const Object zombie[2] = {{.x = 1, .y = 0, .kind = KIND_ZOMBIE},
                              {.x = 11, .y = 3, .kind = KIND_ZOMBIE}};
    check_share(share(world, KIND_ZOMBIE, -1, zombie, 2, NULL), 0.4);
    const Object cow[3] = {{.x = 1, .y = 1, .kind = KIND_COW}, // too near to go
                           {.x = 7, .y = 3, .kind = KIND_COW},
                           {.x = 7, .y = 4, .kind = KIND_COW}};
    check_share(share(world, KIND_COW, -1, cow, 3, NULL), 0.1 * 2 / 3);
    check_share(share(world, KIND_COW, 1, cow, 0, NULL), 0.01 * (144 - 15) / 144);
    scene_close(&scene);
}
END_TEST

START_TEST(fast_skeletons_come_to_paths) {
    Scene scene = scene_open_fast(12, 12, 0, 0);
    World* world = scene.world;
    world->daylight = 1;
    for (int32_t y = 4; y < 10; y++) {
        world_set_material(world, 1, y, CAIRN_PATH); // two of them nearer than 7
    }
    check_share(share(world, KIND_SKELETON, 1, NULL, 0, NULL), 0.1 * 4 / 6);
    world_set_material(world, 1, 9, CAIRN_GRASS);
    check_share(share(world, KIND_SKELETON, 1, NULL, 0, NULL), 0);
    scene_close(&scene);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("balance");
    TCase* tests = tcase_create("balance");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, maps_and_lists_agree_in_play);
    tcase_add_test(tests, compaction_keeps_every_order);
    tcase_add_test(tests, chunks_exist_once_entered);
    tcase_add_test(tests, zombies_spawn_on_grass);
    tcase_add_test(tests, noon_empties_the_meadow);
    tcase_add_test(tests, choosing_one_of_one_draws_nothing);
    tcase_add_test(tests, cows_leave_only_far_from_the_player);
    tcase_add_test(tests, skeletons_need_paths);
    tcase_add_test(tests, small_meadows_get_no_zombies);
    tcase_add_test(tests, fast_zombies_come_at_the_same_rate_to_any_cell);
    tcase_add_test(tests, fast_creatures_go_at_the_same_rates);
    tcase_add_test(tests, fast_skeletons_come_to_paths);
    suite_add_tcase(suite, tests);
    return suite;
}
