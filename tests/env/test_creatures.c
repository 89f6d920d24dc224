// Proves env/creatures.c: what creatures do, and in particular what they draw.
#include <check.h>

#include "tests/env/scene.h"
#include "tests/suite.h"

enum { LEFT, RIGHT, UP, DOWN }; // the choices of a random direction

static int32_t health(const Scene* scene) {
    return scene->world->player.inventory[CAIRN_HEALTH];
}
static void set(Scene* scene, int32_t x, int32_t y, CairnMaterial material) {
    world_set_material(scene->world, x, y, material);
}
#define is_at(object, at_x, at_y)                                                                  \
    do {                                                                                           \
        ck_assert_int_eq((object)->x, at_x);                                                       \
        ck_assert_int_eq((object)->y, at_y);                                                       \
    } while (0)

// ---------------------------------------------------------------- cows
START_TEST(cows_wander) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* cow = object_add(scene.world, KIND_COW, 24, 20);
    scene_uniform(&scene, 0.5); // stays
    scene_act(&scene, CAIRN_NOOP);
    is_at(cow, 24, 20);
    scene_uniform(&scene, 0.49);
    scene_choice(&scene, RIGHT);
    scene_act(&scene, CAIRN_NOOP);
    is_at(cow, 25, 20);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(far_creatures_rest) {
    Scene scene = scene_open(60, 60, 20, 20);
    object_add(scene.world, KIND_COW, 20 + 18, 20);
    object_add(scene.world, KIND_COW, 20 + 9, 20 + 9);
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    object_add(scene.world, KIND_COW, 20 + 9, 20 + 8);
    scene_uniform(&scene, 0.9);
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(dying_cows_still_draw) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* cow = object_add(scene.world, KIND_COW, 24, 20);
    cow->health = 0;
    scene_uniform(&scene, 0.3);
    scene_choice(&scene, UP);
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    ck_assert_int_eq(cow->kind, KIND_NONE);
    ck_assert_ptr_null(world_object(scene.world, 24, 20));
    ck_assert_ptr_null(world_object(scene.world, 24, 19));
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- zombies
START_TEST(zombies_follow) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* zombie = object_add(scene.world, KIND_ZOMBIE, 24, 18);
    scene_uniform(&scene, 0.89);
    scene_uniform(&scene, 0.79); // along the longer axis
    scene_act(&scene, CAIRN_NOOP);
    is_at(zombie, 23, 18);
    scene_uniform(&scene, 0.1);
    scene_uniform(&scene, 0.81); // along the shorter one
    scene_act(&scene, CAIRN_NOOP);
    is_at(zombie, 23, 19);
    scene_uniform(&scene, 0.91); // anywhere
    scene_choice(&scene, DOWN);
    scene_act(&scene, CAIRN_NOOP);
    is_at(zombie, 23, 20);
    scene_uniform(&scene, 0.1);
    scene_uniform(&scene, 0.9); // the shorter offset is 0: nowhere
    scene_act(&scene, CAIRN_NOOP);
    is_at(zombie, 23, 20);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(ties_prefer_an_axis) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* zombie = object_add(scene.world, KIND_ZOMBIE, 23, 23);
    Direction direction = object_toward(scene.world, zombie, true);
    ck_assert_int_eq(direction.x, 0);
    ck_assert_int_eq(direction.y, -1);
    direction = object_toward(scene.world, zombie, false);
    ck_assert_int_eq(direction.x, -1);
    ck_assert_int_eq(direction.y, 0);
    scene_close(&scene);
}
END_TEST

START_TEST(far_zombies_do_not_ask) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* zombie = object_add(scene.world, KIND_ZOMBIE, 29, 20);
    scene_choice(&scene, LEFT); // distance 9: no uniform number
    scene_act(&scene, CAIRN_NOOP);
    is_at(zombie, 28, 20);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

// One step in which a zombie beside the player tries to move into the player.
static void press(Scene* scene) {
    scene_script(scene);
    scene_uniform(scene, 0);
    scene_uniform(scene, 0);
    scene_act(scene, CAIRN_NOOP);
    scene_all_drawn(scene);
}

START_TEST(zombies_bite_at_once_then_every_sixth_step) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* zombie = object_add(scene.world, KIND_ZOMBIE, 21, 20);
    const int32_t expected[] = {7, 7, 7, 7, 7, 7, 5, 5, 5}; // step 10 would draw for the balance
    for (int i = 0; i < 3; i++) {
        press(&scene);
        ck_assert_int_eq(health(&scene), expected[i]);
    }
    ck_assert_int_eq(zombie->counter, 3);
    scene_script(&scene); // away: the pause does not count down
    scene_uniform(&scene, 0.95);
    scene_choice(&scene, RIGHT);
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(zombie->counter, 3);
    for (int i = 3; i < 7; i++) {
        press(&scene);
        ck_assert_int_eq(health(&scene), expected[i]);
    }
    ck_assert_int_eq(zombie->counter, 5);
    scene_close(&scene);
}
END_TEST

START_TEST(zombies_hurt_sleepers_more) {
    Scene scene = scene_open(40, 40, 20, 20);
    object_add(scene.world, KIND_ZOMBIE, 21, 20);
    scene.world->player.sleeping = true;
    scene.world->player.inventory[CAIRN_ENERGY] = 5;
    press(&scene);
    ck_assert_int_eq(health(&scene), 2);
    ck_assert_double_eq_tol(scene.world->reward, -0.7, 1e-12);
    scene_close(&scene);
}
END_TEST

START_TEST(dying_zombies_bite_once_more) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* zombie = object_add(scene.world, KIND_ZOMBIE, 21, 20);
    zombie->health = 0;
    press(&scene);
    ck_assert_int_eq(zombie->kind, KIND_NONE);
    ck_assert_int_eq(health(&scene), 7);
    scene_close(&scene);
}
END_TEST

START_TEST(health_stops_at_zero) {
    Scene scene = scene_open(40, 40, 20, 20);
    object_add(scene.world, KIND_ZOMBIE, 21, 20);
    scene.world->player.inventory[CAIRN_HEALTH] = 1;
    press(&scene);
    ck_assert_int_eq(health(&scene), 0);
    ck_assert(scene.world->terminated);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- skeletons and arrows
START_TEST(skeletons_flee) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* skeleton = object_add(scene.world, KIND_SKELETON, 22, 20);
    scene_uniform(&scene, 0.5);
    scene_act(&scene, CAIRN_NOOP);
    is_at(skeleton, 23, 20); // and nothing else, though the distance is still below 4
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(cornered_skeletons_shoot) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* skeleton = object_add(scene.world, KIND_SKELETON, 22, 20);
    set(&scene, 23, 20, CAIRN_ROCK);
    scene_uniform(&scene, 0.5);
    scene_uniform(&scene, 0.49);
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    is_at(skeleton, 22, 20);
    Object* arrow = world_object(scene.world, 21, 20);
    ck_assert_ptr_nonnull(arrow);
    ck_assert_int_eq(arrow->kind, KIND_ARROW);
    ck_assert_int_eq(arrow->facing_x, -1);
    ck_assert_int_eq(arrow->facing_y, 0);
    ck_assert_int_eq(skeleton->counter, 4);
    scene_uniform(&scene, 0.5);
    scene_uniform(&scene, 0.49); // reloads, so no second arrow; the first hits
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    ck_assert_int_eq(arrow->kind, KIND_NONE);
    ck_assert_int_eq(health(&scene), 7);
    ck_assert_int_eq(scene.world->object_count, 4);
    scene_close(&scene);
}
END_TEST

START_TEST(skeletons_do_not_shoot_neighbours) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* skeleton = object_add(scene.world, KIND_SKELETON, 21, 20);
    set(&scene, 22, 20, CAIRN_ROCK);
    scene_uniform(&scene, 0.5);
    scene_uniform(&scene, 0.1);
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    ck_assert_int_eq(skeleton->counter, 0);
    ck_assert_int_eq(health(&scene), 9);
    scene_close(&scene);
}
END_TEST

START_TEST(skeletons_draw_in_order) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* skeleton = object_add(scene.world, KIND_SKELETON, 24, 21); // distance 5
    scene_uniform(&scene, 0.5);                                        // does not shoot
    scene_uniform(&scene, 0.2);                                        // comes nearer
    scene_uniform(&scene, 0.7);                                        // along the shorter axis
    scene_act(&scene, CAIRN_NOOP);
    is_at(skeleton, 24, 20);
    scene_uniform(&scene, 0.6);
    scene_uniform(&scene, 0.31); // does not come nearer
    scene_uniform(&scene, 0.1);  // wanders
    scene_choice(&scene, UP);
    scene_act(&scene, CAIRN_NOOP);
    is_at(skeleton, 24, 19);
    scene_uniform(&scene, 0.6);
    scene_uniform(&scene, 0.31);
    scene_uniform(&scene, 0.21); // rests
    scene_act(&scene, CAIRN_NOOP);
    is_at(skeleton, 24, 19);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

// Removed and with its cell empty, its step "into" that cell succeeds and ends the update.
START_TEST(dying_skeletons_end_early) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* skeleton = object_add(scene.world, KIND_SKELETON, 22, 20);
    skeleton->health = 0;
    skeleton->counter = 2;
    scene_uniform(&scene, 0.6); // the shorter axis: nowhere
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    ck_assert_int_eq(skeleton->kind, KIND_NONE);
    ck_assert_int_eq(skeleton->counter, 1);
    is_at(skeleton, 22, 20);
    scene_close(&scene);
}
END_TEST

START_TEST(dying_skeletons_may_shoot) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* skeleton = object_add(scene.world, KIND_SKELETON, 24, 20);
    skeleton->health = 0;
    scene_uniform(&scene, 0.1);
    scene_act(&scene, CAIRN_NOOP);
    scene_all_drawn(&scene);
    ck_assert_int_eq(skeleton->kind, KIND_NONE);
    ck_assert_int_eq(world_object(scene.world, 23, 20)->kind, KIND_ARROW);
    scene_close(&scene);
}
END_TEST

static Object* fly(Scene* scene, int32_t x, int32_t y, Direction direction) {
    Object* arrow = object_add(scene->world, KIND_ARROW, x, y);
    arrow->facing_x = (int8_t)direction.x;
    arrow->facing_y = (int8_t)direction.y;
    return arrow;
}

START_TEST(arrows_break_what_is_built) {
    const CairnMaterial material[] = {CAIRN_TABLE, CAIRN_FURNACE, CAIRN_ROCK, CAIRN_TREE};
    for (int i = 0; i < 4; i++) {
        Scene scene = scene_open(40, 40, 20, 20);
        Object* arrow = fly(&scene, 25, 20, (Direction){1, 0});
        set(&scene, 26, 20, material[i]);
        scene_act(&scene, CAIRN_NOOP);
        ck_assert_int_eq(arrow->kind, KIND_NONE);
        ck_assert_int_eq(world_material(scene.world, 26, 20), i < 2 ? CAIRN_PATH : material[i]);
        scene_close(&scene);
    }
}
END_TEST

START_TEST(arrows_fly_over_water_and_lava_and_off_the_world) {
    Scene scene = scene_open(40, 40, 37, 20);
    Object* arrow = fly(&scene, 37, 22, (Direction){1, 0});
    set(&scene, 38, 22, CAIRN_WATER);
    set(&scene, 39, 22, CAIRN_LAVA);
    scene_act(&scene, CAIRN_NOOP);
    is_at(arrow, 38, 22);
    scene_act(&scene, CAIRN_NOOP);
    is_at(arrow, 39, 22);
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(arrow->kind, KIND_NONE);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

START_TEST(arrows_hurt_anything) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* plant = object_add(scene.world, KIND_PLANT, 26, 20);
    Object* arrow = fly(&scene, 25, 20, (Direction){1, 0});
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(arrow->kind, KIND_NONE);
    ck_assert_int_eq(plant->health, 0);
    ck_assert_int_eq(plant->kind, KIND_PLANT); // its turn was over
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(plant->kind, KIND_NONE);
    scene_close(&scene);
}
END_TEST

// ---------------------------------------------------------------- plants
START_TEST(plants_are_eaten) {
    Scene scene = scene_open(40, 40, 20, 20);
    Object* plant = object_add(scene.world, KIND_PLANT, 24, 20);
    object_add(scene.world, KIND_COW, 25, 21); // diagonal: harmless
    scene_uniform(&scene, 0.9);
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(plant->kind, KIND_PLANT);
    ck_assert_int_eq(plant->counter, 1);
    object_add(scene.world, KIND_COW, 25, 20);
    scene_uniform(&scene, 0.9);
    scene_uniform(&scene, 0.9);
    scene_act(&scene, CAIRN_NOOP);
    ck_assert_int_eq(plant->kind, KIND_NONE);
    ck_assert_int_eq(world_material(scene.world, 24, 20), CAIRN_GRASS);
    scene_all_drawn(&scene);
    scene_close(&scene);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("creatures");
    TCase* tests = tcase_create("creatures");
    tcase_add_test(tests, cows_wander);
    tcase_add_test(tests, far_creatures_rest);
    tcase_add_test(tests, dying_cows_still_draw);
    tcase_add_test(tests, zombies_follow);
    tcase_add_test(tests, ties_prefer_an_axis);
    tcase_add_test(tests, far_zombies_do_not_ask);
    tcase_add_test(tests, zombies_bite_at_once_then_every_sixth_step);
    tcase_add_test(tests, zombies_hurt_sleepers_more);
    tcase_add_test(tests, dying_zombies_bite_once_more);
    tcase_add_test(tests, health_stops_at_zero);
    tcase_add_test(tests, skeletons_flee);
    tcase_add_test(tests, cornered_skeletons_shoot);
    tcase_add_test(tests, skeletons_do_not_shoot_neighbours);
    tcase_add_test(tests, skeletons_draw_in_order);
    tcase_add_test(tests, dying_skeletons_end_early);
    tcase_add_test(tests, dying_skeletons_may_shoot);
    tcase_add_test(tests, arrows_break_what_is_built);
    tcase_add_test(tests, arrows_fly_over_water_and_lava_and_off_the_world);
    tcase_add_test(tests, arrows_hurt_anything);
    tcase_add_test(tests, plants_are_eaten);
    suite_add_tcase(suite, tests);
    return suite;
}
