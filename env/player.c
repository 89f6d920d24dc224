// The player's part of a step: the action, then hunger and its like, then health.
#include <assert.h>

#include "env/rules.h"

// ---------------------------------------------------------------- what things cost and give
typedef struct Collect {
    int8_t item;        // given, 0 (health) = cannot be collected
    int8_t requires;    // item that must be there, 0 = none
    int8_t achievement; // Achievement
    int8_t leaves;      // CairnMaterial
    double probability;
} Collect;
static const Collect COLLECT[CAIRN_MATERIALS] = {
    [CAIRN_TREE] = {CAIRN_WOOD, 0, COLLECT_WOOD, CAIRN_GRASS, 1},
    [CAIRN_ROCK] = {CAIRN_STONE, CAIRN_WOOD_PICKAXE, COLLECT_STONE, CAIRN_PATH, 1},
    [CAIRN_COAL_ORE] = {CAIRN_COAL, CAIRN_WOOD_PICKAXE, COLLECT_COAL, CAIRN_PATH, 1},
    [CAIRN_IRON_ORE] = {CAIRN_IRON, CAIRN_STONE_PICKAXE, COLLECT_IRON, CAIRN_PATH, 1},
    [CAIRN_DIAMOND_ORE] = {CAIRN_DIAMOND, CAIRN_IRON_PICKAXE, COLLECT_DIAMOND, CAIRN_PATH, 1},
    [CAIRN_WATER] = {CAIRN_DRINK, 0, COLLECT_DRINK, CAIRN_WATER, 1},
    [CAIRN_GRASS] = {CAIRN_SAPLING, 0, COLLECT_SAPLING, CAIRN_GRASS, 0.1}};

typedef struct Place {
    int8_t item, amount; // used up
    int8_t material;     // what appears; CAIRN_OUTSIDE: a plant
    int8_t achievement;
    int32_t onto; // set of materials
} Place;
enum {
    ONTO_LAND = 1 << CAIRN_GRASS | 1 << CAIRN_SAND | 1 << CAIRN_PATH,
    ONTO_ANYTHING_SOFT = ONTO_LAND | 1 << CAIRN_WATER | 1 << CAIRN_LAVA
};
static const Place PLACE[] = { // from CAIRN_PLACE_STONE on
    {CAIRN_STONE, 1, CAIRN_ROCK, PLACE_STONE, ONTO_ANYTHING_SOFT},
    {CAIRN_WOOD, 2, CAIRN_TABLE, PLACE_TABLE, ONTO_LAND},
    {CAIRN_STONE, 4, CAIRN_FURNACE, PLACE_FURNACE, ONTO_LAND},
    {CAIRN_SAPLING, 1, CAIRN_OUTSIDE, PLACE_PLANT, 1 << CAIRN_GRASS}};

typedef struct Make {
    int8_t item, achievement;
    int8_t wood, stone, coal, iron; // used up
    int32_t near;                   // set of materials that must all be near
} Make;
static const Make MAKE[] = { // from CAIRN_MAKE_WOOD_PICKAXE on
    {CAIRN_WOOD_PICKAXE, MAKE_WOOD_PICKAXE, 1, 0, 0, 0, 1 << CAIRN_TABLE},
    {CAIRN_STONE_PICKAXE, MAKE_STONE_PICKAXE, 1, 1, 0, 0, 1 << CAIRN_TABLE},
    {CAIRN_IRON_PICKAXE, MAKE_IRON_PICKAXE, 1, 0, 1, 1, 1 << CAIRN_TABLE | 1 << CAIRN_FURNACE},
    {CAIRN_WOOD_SWORD, MAKE_WOOD_SWORD, 1, 0, 0, 0, 1 << CAIRN_TABLE},
    {CAIRN_STONE_SWORD, MAKE_STONE_SWORD, 1, 1, 0, 0, 1 << CAIRN_TABLE},
    {CAIRN_IRON_SWORD, MAKE_IRON_SWORD, 1, 0, 1, 1, 1 << CAIRN_TABLE | 1 << CAIRN_FURNACE}};

// ---------------------------------------------------------------- actions
typedef struct Target { // what the player faced before moving
    int32_t x, y;
    CairnMaterial material;
    Object* object;
} Target;

static void move(World* world, CairnAction action) {
    static const Direction DIRECTION[] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    Direction direction = DIRECTION[action - CAIRN_MOVE_LEFT];
    Object* player = &world->objects[PLAYER];
    player->facing_x = (int8_t)direction.x;
    player->facing_y = (int8_t)direction.y;
    object_step(world, player, direction, WALK_PLAYER);
    if (world_material(world, player->x, player->y) == CAIRN_LAVA) {
        world->player.inventory[CAIRN_HEALTH] = 0;
    }
}

static int32_t strike_damage(const Player* player) {
    return player->inventory[CAIRN_IRON_SWORD]    ? 5
           : player->inventory[CAIRN_STONE_SWORD] ? 3
           : player->inventory[CAIRN_WOOD_SWORD]  ? 2
                                                  : 1;
}

static void eat(Player* player, int32_t food, Achievement achievement) {
    player->inventory[CAIRN_FOOD] += food;
    player->achievements[achievement]++;
}

static void touch_object(World* world, Object* object) {
    Player* player = &world->player;
    if (object->kind == KIND_PLANT) {
        if (object->counter > PLANT_RIPE_AGE) {
            object->counter = 0;
            eat(player, 4, EAT_PLANT);
        }
        return;
    }
    if (object->kind == KIND_ARROW) {
        return;
    }
    object_damage(world, object, strike_damage(player));
    if (object->health > 0) {
        return;
    }
    if (object->kind == KIND_COW) {
        eat(player, 6, EAT_COW);
        player->hunger = 0;
    } else {
        player->achievements[object->kind == KIND_ZOMBIE ? DEFEAT_ZOMBIE : DEFEAT_SKELETON]++;
    }
}

static void collect(World* world, const Target* target) {
    Player* player = &world->player;
    if (target->material == CAIRN_WATER) {
        player->thirst = 0;
    }
    const Collect* rule = &COLLECT[target->material];
    if (!rule->item || (rule->requires && player->inventory[rule->requires] < 1)) {
        return;
    }
    world_set_material(world, target->x, target->y, (CairnMaterial)rule->leaves);
    // Drawn even when the outcome is certain.
    if (random_uniform(&world->generator) <= rule->probability) {
        player->inventory[rule->item]++;
        player->achievements[rule->achievement]++;
    }
}

static void place(World* world, const Target* target, const Place* rule) {
    Player* player = &world->player;
    if (target->object || !(rule->onto >> target->material & 1) ||
        player->inventory[rule->item] < rule->amount) {
        return;
    }
    player->inventory[rule->item] -= rule->amount;
    player->achievements[rule->achievement]++;
    if (rule->material == CAIRN_OUTSIDE) {
        object_add(world, KIND_PLANT, target->x, target->y);
    } else {
        world_set_material(world, target->x, target->y, (CairnMaterial)rule->material);
    }
}

// Materials around the player. Empty in column 0 and row 0: there the original's slice starts at
// -1, which means its other end.
static int32_t materials_near(const World* world) {
    const Object* player = &world->objects[PLAYER];
    int32_t near = 0;
    if (player->x == 0 || player->y == 0) {
        return near;
    }
    for (int32_t x = player->x - 1; x <= player->x + 1; x++) {
        for (int32_t y = player->y - 1; y <= player->y + 1; y++) {
            near |= 1 << world_material(world, x, y);
        }
    }
    return near;
}

static void make(World* world, const Make* rule) {
    Player* player = &world->player;
    int32_t* have = player->inventory;
    if ((materials_near(world) & rule->near) != rule->near || have[CAIRN_WOOD] < rule->wood ||
        have[CAIRN_STONE] < rule->stone || have[CAIRN_COAL] < rule->coal ||
        have[CAIRN_IRON] < rule->iron) {
        return;
    }
    have[CAIRN_WOOD] -= rule->wood;
    have[CAIRN_STONE] -= rule->stone;
    have[CAIRN_COAL] -= rule->coal;
    have[CAIRN_IRON] -= rule->iron;
    have[rule->item]++;
    player->achievements[rule->achievement]++;
}

static void act(World* world, CairnAction action, const Target* target) {
    Player* player = &world->player;
    if (action == CAIRN_NOOP) {
        return;
    }
    if (action <= CAIRN_MOVE_DOWN) {
        move(world, action);
    } else if (action == CAIRN_DO && target->object) {
        touch_object(world, target->object);
    } else if (action == CAIRN_DO) {
        collect(world, target);
    } else if (action == CAIRN_SLEEP) {
        player->sleeping = player->sleeping || player->inventory[CAIRN_ENERGY] < MAX_ITEM;
    } else if (action <= CAIRN_PLACE_PLANT) {
        place(world, target, &PLACE[action - CAIRN_PLACE_STONE]);
    } else {
        make(world, &MAKE[action - CAIRN_MAKE_WOOD_PICKAXE]);
    }
}

// ---------------------------------------------------------------- life
static void grow_needs(Player* player) {
    double pace = player->sleeping ? 0.5 : 1;
    player->hunger += pace;
    if (player->hunger > 25) {
        player->hunger = 0;
        player->inventory[CAIRN_FOOD]--;
    }
    player->thirst += pace;
    if (player->thirst > 20) {
        player->thirst = 0;
        player->inventory[CAIRN_DRINK]--;
    }
    if (!player->sleeping) {
        player->fatigue++;
    } else {
        player->fatigue = player->fatigue > 1 ? 0 : player->fatigue - 1;
    }
    if (player->fatigue < -10) {
        player->fatigue = 0;
        player->inventory[CAIRN_ENERGY]++;
    }
    if (player->fatigue > 30) {
        player->fatigue = 0;
        player->inventory[CAIRN_ENERGY]--;
    }
}

// Counts may be out of 0..9 here: they are clamped afterwards.
static void recover(Player* player) {
    int32_t* have = player->inventory;
    bool well = have[CAIRN_FOOD] > 0 && have[CAIRN_DRINK] > 0 &&
                (have[CAIRN_ENERGY] > 0 || player->sleeping);
    if (well) {
        player->recover += player->sleeping ? 2 : 1;
    } else {
        player->recover -= player->sleeping ? 0.5 : 1;
    }
    if (player->recover > 25) {
        player->recover = 0;
        have[CAIRN_HEALTH]++;
    }
    if (player->recover < -15) {
        player->recover = 0;
        have[CAIRN_HEALTH] = have[CAIRN_HEALTH] > 1 ? have[CAIRN_HEALTH] - 1 : 0;
    }
}

void player_update(World* world, CairnAction action) {
    Player* player = &world->player;
    const Object* self = &world->objects[PLAYER];
    Target target = {.x = self->x + self->facing_x, .y = self->y + self->facing_y};
    target.material = world_material(world, target.x, target.y);
    target.object = world_object(world, target.x, target.y);
    if (player->sleeping) {
        if (player->inventory[CAIRN_ENERGY] < MAX_ITEM) {
            action = CAIRN_SLEEP;
        } else {
            player->sleeping = false;
            player->achievements[WAKE_UP]++;
        }
    }
    act(world, action, &target);
    grow_needs(player);
    recover(player);
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        int32_t count = player->inventory[item];
        player->inventory[item] = count < 0 ? 0 : count > MAX_ITEM ? MAX_ITEM : count;
    }
    if (player->inventory[CAIRN_HEALTH] < player->health_before_update) {
        player->sleeping = false;
    }
    player->health_before_update = player->inventory[CAIRN_HEALTH];
}
