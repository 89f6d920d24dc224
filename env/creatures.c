// What cows, zombies, skeletons, arrows and plants do in a step. A creature that removes itself
// still finishes its update, draws included.
#include <assert.h>

#include "env/rules.h"

static bool chance(World* world, double probability) {
    return random_uniform(&world->generator) < probability;
}

static bool step_anywhere(World* world, Object* object) {
    static const Direction DIRECTION[] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    return object_step(world, object, DIRECTION[random_below(&world->generator, 4)], WALK_LAND);
}

static void remove_if_dead(World* world, Object* object) {
    if (object->health <= 0) {
        object_remove(world, object);
    }
}

static void cow_update(World* world, Object* cow) {
    remove_if_dead(world, cow);
    if (chance(world, 0.5)) {
        step_anywhere(world, cow);
    }
}

static void zombie_update(World* world, Object* zombie) {
    remove_if_dead(world, zombie);
    if (object_distance(world, zombie) <= 8 && chance(world, 0.9)) {
        bool long_axis = chance(world, 0.8);
        object_step(world, zombie, object_toward(world, zombie, long_axis), WALK_LAND);
    } else {
        step_anywhere(world, zombie);
    }
    if (object_distance(world, zombie) > 1) {
        return;
    }
    if (zombie->counter > 0) {
        zombie->counter--;
    } else {
        object_damage(world, &world->objects[PLAYER], world->player.sleeping ? 7 : 2);
        zombie->counter = 5;
    }
}

static void shoot(World* world, Object* skeleton) {
    Direction direction = object_toward(world, skeleton, true);
    int32_t x = skeleton->x + direction.x, y = skeleton->y + direction.y;
    bool nowhere = direction.x == 0 && direction.y == 0;
    if (skeleton->counter > 0 || nowhere || !world_free(world, x, y, WALK_ARROW)) {
        return;
    }
    skeleton->counter = 4;
    Object* arrow = object_add(world, KIND_ARROW, x, y);
    arrow->facing_x = (int8_t)direction.x;
    arrow->facing_y = (int8_t)direction.y;
}

static void skeleton_update(World* world, Object* skeleton) {
    remove_if_dead(world, skeleton);
    if (skeleton->counter > 0) {
        skeleton->counter--;
    }
    int32_t distance = object_distance(world, skeleton);
    if (distance <= 3) {
        Direction toward = object_toward(world, skeleton, chance(world, 0.6));
        if (object_step(world, skeleton, (Direction){-toward.x, -toward.y}, WALK_LAND)) {
            return;
        }
    }
    if (distance <= 5 && chance(world, 0.5)) {
        shoot(world, skeleton);
    } else if (distance <= 8 && chance(world, 0.3)) {
        bool long_axis = chance(world, 0.6);
        object_step(world, skeleton, object_toward(world, skeleton, long_axis), WALK_LAND);
    } else if (chance(world, 0.2)) {
        step_anywhere(world, skeleton);
    }
}

static void arrow_update(World* world, Object* arrow) {
    Direction direction = {arrow->facing_x, arrow->facing_y};
    int32_t x = arrow->x + direction.x, y = arrow->y + direction.y;
    Object* hit = world_object(world, x, y);
    if (hit) {
        object_damage(world, hit, 2);
        object_remove(world, arrow);
    } else if (!object_step(world, arrow, direction, WALK_ARROW)) {
        CairnMaterial material = world_material(world, x, y);
        if (material == CAIRN_TABLE || material == CAIRN_FURNACE) {
            world_set_material(world, x, y, CAIRN_PATH);
        }
        object_remove(world, arrow);
    }
}

static bool eats_plants(const Object* object) {
    return object && (object->kind == KIND_ZOMBIE || object->kind == KIND_SKELETON ||
                      object->kind == KIND_COW);
}

static void plant_update(World* world, Object* plant) {
    plant->counter += plant->counter < INT32_MAX;
    if (eats_plants(world_object(world, plant->x - 1, plant->y)) ||
        eats_plants(world_object(world, plant->x + 1, plant->y)) ||
        eats_plants(world_object(world, plant->x, plant->y - 1)) ||
        eats_plants(world_object(world, plant->x, plant->y + 1))) {
        object_damage(world, plant, 1);
    }
    remove_if_dead(world, plant);
}

void creature_update(World* world, Object* object) {
    switch (object->kind) {
    case KIND_COW:
        cow_update(world, object);
        break;
    case KIND_ZOMBIE:
        zombie_update(world, object);
        break;
    case KIND_SKELETON:
        skeleton_update(world, object);
        break;
    case KIND_ARROW:
        arrow_update(world, object);
        break;
    case KIND_PLANT:
        plant_update(world, object);
        break;
    default:
        assert(!"an object of no known kind");
    }
}
