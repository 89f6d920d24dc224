// The world's public calls in any order with any arguments of their types: what cannot be meant
// must be refused, and whatever was accepted must leave every world in order. Each byte of the
// input is a call or a part of its arguments.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/handle.h"
#include "env/textures.h"
#include "tests/env/invariants.h"

enum { WORLDS_FEW = 20, WORLDS_MAX = 40, CALLS_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static uint64_t world_steps; // taken in this process; told when it ends
static void tell(void) {
    fprintf(stderr, "fuzz_api: %" PRIu64 " steps of worlds\n", world_steps);
}

typedef struct Input {
    const uint8_t *next, *end;
} Input;

static uint8_t byte(Input* input) {
    return input->next < input->end ? *input->next++ : 0;
}
static int32_t number(Input* input) {
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) {
        bits = bits << 8 | byte(input);
    }
    return (int32_t)bits;
}
// A world's number: mostly one that exists.
static int32_t world_number(Input* input, const Cairn* worlds) {
    const uint8_t choice = byte(input);
    return choice < 240 ? choice % cairn_config(worlds)->world_count : number(input);
}

typedef struct Session {
    Cairn* worlds;
    CairnSnapshot* snapshot;
    uint8_t* saved;
    size_t saved_size;
    // Of exactly the size that the configuration says, so that a sanitizer sees what is written
    // behind.
    uint8_t *pixels, *final_pixels, *tiles, *semantic;
    float* status;
    double* reward;
    uint8_t *terminated, *truncated, *unlocked, *inventory;
    int32_t *achievements, *position, *action;
} Session;

static CairnConfig read_config(Input* input) {
    CairnConfig config = cairn_default_config();
    config.seed = number(input);
    const uint8_t count = byte(input); // now and then enough for worlds to be made ahead
    config.world_count = count == UINT8_MAX ? WORLDS_MAX : 1 + count % WORLDS_FEW;
    config.threads = 1 + byte(input) % 2;
    config.mode = byte(input) % 2 ? CAIRN_MODE_FAST : CAIRN_MODE_EXACT;
    config.area_width = 1 + byte(input) % 24;
    config.area_height = 1 + byte(input) % 24;
    config.view_width = 1 + byte(input) % 12;
    config.view_height = 1 + byte(input) % 12;
    config.size_width = byte(input) % 41;
    config.size_height = byte(input) % 41;
    config.length = byte(input);
    config.reward = byte(input) % 2;
    config.auto_reset = byte(input) % 4 > 0;
    if (byte(input) % 16 == 0) { // anything
        int32_t* fields[] = {&config.world_count, &config.threads,     &config.area_width,
                             &config.area_height, &config.view_width,  &config.view_height,
                             &config.size_width,  &config.size_height, &config.length};
        *fields[byte(input) % 9] = number(input) >> byte(input) % 32;
        config.world_count = config.world_count > WORLDS_MAX ? 0 : config.world_count;
        config.threads = config.threads > 2 ? 0 : config.threads;
        config.area_width = config.area_width > 24 ? -1 : config.area_width;
        config.area_height = config.area_height > 24 ? -1 : config.area_height;
        config.size_width = config.size_width > 40 ? -1 : config.size_width;
        config.size_height = config.size_height > 40 ? -1 : config.size_height;
    }
    return config;
}

static void* block(size_t size) {
    void* memory = malloc(size > 0 ? size : 1);
    if (!memory) {
        abort();
    }
    return memory;
}

static bool open_session(Input* input, Session* session) {
    static CairnTextures* textures = NULL; // once: reading them takes longer than the rest
    CairnConfig config = read_config(input);
    char why[CAIRN_WHY] = "";
    if (!textures && env_textures_builtin(&textures, why) != CAIRN_OK) {
        abort();
    }
    config.textures = textures;
    const CairnStatus status = cairn_create(&config, &session->worlds, why);
    assert((status == CAIRN_OK) == (session->worlds != NULL) &&
           (status == CAIRN_OK) == (why[0] == '\0'));
    if (status != CAIRN_OK) {
        return false;
    }
    const size_t n = (size_t)config.world_count;
    const size_t pixels = 3 * (size_t)config.size_width * (size_t)config.size_height;
    session->pixels = block(n * pixels);
    session->final_pixels = block(n * pixels);
    session->tiles =
        block(n * 2 * (size_t)cairn_local_columns(&config) * (size_t)cairn_local_rows(&config));
    session->semantic = block(n * (size_t)config.area_width * (size_t)config.area_height);
    session->status = block(n * CAIRN_STATUS_SIZE * sizeof(float));
    session->reward = block(n * sizeof(double));
    session->terminated = block(n);
    session->truncated = block(n);
    session->unlocked = block(n * CAIRN_ACHIEVEMENTS);
    session->inventory = block(n * CAIRN_ITEMS);
    session->achievements = block(n * CAIRN_ACHIEVEMENTS * sizeof(int32_t));
    session->position = block(n * 2 * sizeof(int32_t));
    session->action = block(n * sizeof(int32_t));
    session->saved = block(cairn_state_limit(session->worlds));
    const CairnStatus made = cairn_snapshot_create(session->worlds, &session->snapshot, why);
    assert(made == CAIRN_OK);
    (void)made;
    cairn_reset(session->worlds, &(CairnOutput){0});
    return true;
}

static void close_session(Session* session) {
    cairn_destroy(session->worlds);
    cairn_snapshot_destroy(session->snapshot);
    void* const blocks[] = {session->pixels,     session->final_pixels, session->tiles,
                            session->semantic,   session->status,       session->reward,
                            session->terminated, session->truncated,    session->unlocked,
                            session->inventory,  session->achievements, session->position,
                            session->action,     session->saved};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

// Any part of the outputs.
static CairnOutput read_output(Input* input, const Session* session) {
    const uint32_t wanted = (uint32_t)byte(input) << 8 | byte(input);
#define WANTED(bit, array) (wanted >> (bit)&1 ? session->array : NULL)
    return (CairnOutput){.observation = {WANTED(0, pixels), WANTED(1, tiles), WANTED(2, status),
                                         WANTED(3, semantic)},
                         .final_observation = {.pixels = WANTED(4, final_pixels)},
                         .reward = WANTED(5, reward),
                         .terminated = WANTED(6, terminated),
                         .truncated = WANTED(7, truncated),
                         .unlocked = WANTED(8, unlocked),
                         .achievements = WANTED(9, achievements),
                         .inventory = WANTED(10, inventory),
                         .position = WANTED(11, position)};
#undef WANTED
}

static void step(Input* input, Session* session) {
    const int32_t count = cairn_config(session->worlds)->world_count;
    const CairnOutput output = read_output(input, session);
    const uint8_t first = byte(input);
    for (int32_t n = 0; n < count; n++) {
        session->action[n] = (first + 5 * n) % CAIRN_ACTIONS;
    }
    const uint8_t way = byte(input);
    if (way < 200) {
        for (int again = way % 8; again >= 0; again--) {
            cairn_step(session->worlds, session->action, &output);
            world_steps += (uint64_t)count;
        }
    } else {
        const int32_t from = byte(input) % count;
        const int32_t some = byte(input) % (count - from + 1);
        cairn_step_range(session->worlds, from, some, session->action, &output);
        world_steps += (uint64_t)some;
    }
}

static void keep(Input* input, Session* session) {
    char why[CAIRN_WHY] = "";
    const int32_t world = world_number(input, session->worlds);
    size_t limit = cairn_state_limit(session->worlds), used = 0;
    CairnStatus status = CAIRN_OK;
    switch (byte(input) % 5) {
    case 0:
        limit = byte(input) % 8 ? limit : byte(input);
        status = cairn_save_world(session->worlds, world, session->saved, limit, &used, why);
        session->saved_size = status == CAIRN_OK ? used : session->saved_size;
        break;
    case 1:
        status = cairn_load_world(session->worlds, world, session->saved, session->saved_size, why);
        break;
    case 2: // the input's own bytes
        status = cairn_load_world(session->worlds, world, input->next,
                                  (size_t)(input->end - input->next), why);
        break;
    case 3:
        status = cairn_snapshot_take(session->worlds, world, session->snapshot, why);
        break;
    default:
        status = cairn_snapshot_restore(session->worlds, world, session->snapshot, why);
        break;
    }
    assert((status == CAIRN_OK) == (why[0] == '\0') && strlen(why) < CAIRN_WHY);
}

static void look(Input* input, Session* session) {
    char why[CAIRN_WHY] = "";
    const int32_t world = world_number(input, session->worlds);
    const CairnOutput output = read_output(input, session);
    uint32_t words[CAIRN_GENERATOR_WORDS];
    switch (byte(input) % 5) {
    case 0:
        cairn_observe_world(session->worlds, world, &output);
        break;
    case 1:
        cairn_draw_world(session->worlds, session->worlds, world, session->final_pixels, why);
        break;
    case 2:
        cairn_generator(session->worlds, world, words);
        break;
    case 3:
        assert(cairn_daylight(session->worlds, world) >= 0);
        (void)cairn_episode(session->worlds, world);
        break;
    default:
        (void)cairn_action_name(world);
        (void)cairn_item_name(world);
        (void)cairn_achievement_name(world);
        break;
    }
}

static void change(Input* input, Session* session) {
    const int32_t world = world_number(input, session->worlds);
    const CairnOutput output = read_output(input, session);
    char why[CAIRN_WHY] = "";
    uint8_t inventory[CAIRN_ITEMS];
    const uint8_t way = byte(input);
    if (way < 40) {
        cairn_reset(session->worlds, &output);
    } else if (way < 120) {
        cairn_reset_world(session->worlds, world, byte(input) % 4 ? byte(input) : (uint64_t)-1,
                          &output);
    } else {
        for (int item = 0; item < CAIRN_ITEMS; item++) {
            inventory[item] = byte(input) % (way % 4 ? 10 : 16);
        }
        cairn_set_inventory(session->worlds, world, inventory, why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static bool telling;
    if (!telling) {
        telling = atexit(tell) == 0;
    }
    Input input = {data, data + size};
    Session session = {0};
    if (open_session(&input, &session)) {
        for (int calls = 0; calls < CALLS_MAX && input.next < input.end; calls++) {
            const uint8_t call = byte(&input);
            (call < 150 ? step : call < 190 ? keep : call < 225 ? look : change)(&input, &session);
        }
        for (int32_t n = 0; n < cairn_config(session.worlds)->world_count; n++) {
            const char* broken = invariant_broken(&session.worlds->worlds[n]);
            if (broken) {
                abort();
            }
        }
        close_session(&session);
    }
    return 0;
}
