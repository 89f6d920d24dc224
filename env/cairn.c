// The handle behind cairn.h: creation, vector stepping, and what a step writes for its caller.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "env/config.h"
#include "env/handle.h"
#include "env/observe.h"
#include "env/pages.h"
#include "env/terrain.h"
#include "env/textures.h"

// ---------------------------------------------------------------- create and destroy
static double* make_daylight(void) {
    double* daylight = malloc(DAYLIGHT_STEPS * sizeof *daylight);
    for (int32_t step = 0; daylight && step < DAYLIGHT_STEPS; step++) {
        daylight[step] = world_daylight(step);
    }
    return daylight;
}

// Memory for the longest lists of objects that the rules allow, taken by the page when touched.
static bool map_reserve(Cairn* cairn) {
    size_t size = world_reserve_size(&cairn->shape) * (size_t)cairn->config.world_count;
    if (size == 0) {
        return true;
    }
    void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    (void)madvise(memory, size, MADV_NOHUGEPAGE); // else a touched byte may take 2 MB
    cairn->reserve = memory;
    cairn->reserve_size = size;
    return true;
}

static CairnStatus make_worlds(Cairn* cairn, char why[CAIRN_WHY]) {
    const CairnConfig* config = &cairn->config;
    size_t count = (size_t)config->world_count, size = world_arena_size(&cairn->shape);
    size_t reserve_size = world_reserve_size(&cairn->shape);
    cairn->seeds = malloc(count * sizeof *cairn->seeds);
    cairn->worlds = pages_zeroed(count, sizeof *cairn->worlds);
    cairn->arena = pages_zeroed(count, size);
    const size_t shares = (size_t)config->threads * sizeof *cairn->shares;
    cairn->shares = aligned_alloc(_Alignof(Share), shares);
    cairn->daylight = make_daylight();
    if (!map_reserve(cairn) || !cairn->seeds || !cairn->worlds || !cairn->arena || !cairn->shares ||
        !cairn->daylight) {
        snprintf(why, CAIRN_WHY, "out of memory for %d worlds of %d x %d cells",
                 config->world_count, config->area_width, config->area_height);
        return CAIRN_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        cairn->seeds[i] =
            config->seeds ? config->seeds[i] : cairn_world_seed(config->seed, (int32_t)i);
        cairn->worlds[i].seed = cairn->seeds[i];
        world_attach(&cairn->worlds[i], &cairn->shape, (char*)cairn->arena + i * size,
                     cairn->reserve ? (char*)cairn->reserve + i * reserve_size : NULL);
    }
    cairn->shape.daylight = cairn->daylight;
    cairn->config.seeds = cairn->seeds;
    return CAIRN_OK;
}

static CairnStatus make_renderer(Cairn* cairn, char why[CAIRN_WHY]) {
    const CairnTextures* textures = cairn->config.textures;
    if (!textures) {
        CairnStatus status = env_textures_builtin(&cairn->own_textures, why);
        if (status != CAIRN_OK) {
            return status;
        }
        textures = cairn->own_textures;
    }
    return renderer_create(&cairn->config, textures, &cairn->renderer, why);
}

CairnStatus cairn_create(const CairnConfig* config, Cairn** worlds, char why[CAIRN_WHY]) {
    *worlds = NULL;
    CairnStatus status = env_config_check(config, why);
    if (status != CAIRN_OK) {
        return status;
    }
    Cairn* cairn = calloc(1, sizeof *cairn);
    if (!cairn) {
        snprintf(why, CAIRN_WHY, "out of memory");
        return CAIRN_OUT_OF_MEMORY;
    }
    cairn->config = *config;
    world_shape(config, &cairn->shape);
    status = make_worlds(cairn, why);
    if (status == CAIRN_OK) {
        status = make_renderer(cairn, why);
    }
    if (status == CAIRN_OK) {
        status =
            ahead_create(&cairn->shape, config->world_count, config->threads, &cairn->ahead, why);
    }
    if (status == CAIRN_OK) {
        status = workers_create(config->threads, &cairn->workers, why);
    }
    if (status != CAIRN_OK) {
        cairn_destroy(cairn);
        return status;
    }
    *worlds = cairn;
    return CAIRN_OK;
}

void cairn_destroy(Cairn* cairn) {
    if (!cairn) {
        return;
    }
    workers_destroy(cairn->workers);
    ahead_destroy(cairn->ahead);
    renderer_destroy(cairn->renderer);
    cairn_textures_destroy(cairn->own_textures);
    if (cairn->reserve) {
        munmap(cairn->reserve, cairn->reserve_size);
    }
    free(cairn->shares);
    free(cairn->daylight);
    free(cairn->arena);
    free(cairn->worlds);
    free(cairn->seeds);
    free(cairn);
}

const CairnConfig* cairn_config(const Cairn* cairn) {
    return &cairn->config;
}

// ---------------------------------------------------------------- outputs
static uint8_t* frame_of(const Cairn* cairn, int32_t n, const CairnObservation* to) {
    const CairnConfig* config = &cairn->config;
    return to->pixels + (size_t)n * (size_t)config->size_width * (size_t)config->size_height * 3;
}

// All of an observation but the pixels.
static void write_numbers(const Cairn* cairn, int32_t n, const CairnObservation* to) {
    const World* world = &cairn->worlds[n];
    const WorldShape* shape = &cairn->shape;
    size_t row = (size_t)n;
    if (to->tiles) {
        size_t size = (size_t)shape->local_columns * (size_t)shape->local_rows * 2;
        observe_tiles(world, to->tiles + row * size);
    }
    if (to->status) {
        observe_status(world, to->status + row * CAIRN_STATUS_SIZE);
    }
    if (to->semantic) {
        size_t size = (size_t)shape->width * (size_t)shape->height;
        observe_semantic(world, to->semantic + row * size);
    }
}

static void write_step(const Cairn* cairn, int32_t n, const CairnOutput* output) {
    const World* world = &cairn->worlds[n];
    const Player* player = &world->player;
    size_t row = (size_t)n;
    if (output->reward) {
        output->reward[row] = cairn->config.reward ? world->reward : 0;
    }
    if (output->terminated) {
        output->terminated[row] = world->terminated;
    }
    if (output->truncated) {
        output->truncated[row] = world->truncated;
    }
    if (output->unlocked) {
        uint8_t* unlocked = output->unlocked + row * CAIRN_ACHIEVEMENTS;
        memset(unlocked, 0, CAIRN_ACHIEVEMENTS * sizeof *unlocked);
        for (uint32_t bits = world->newly_unlocked; bits; bits &= bits - 1) {
            unlocked[__builtin_ctz(bits)] = 1;
        }
    }
    if (output->achievements) {
        memcpy(output->achievements + row * CAIRN_ACHIEVEMENTS, player->achievements,
               sizeof player->achievements);
    }
    if (output->inventory) {
        for (size_t i = 0; i < CAIRN_ITEMS; i++) {
            output->inventory[row * CAIRN_ITEMS + i] = (uint8_t)player->inventory[i];
        }
    }
    if (output->position) {
        output->position[2 * row] = world->objects[PLAYER].x;
        output->position[2 * row + 1] = world->objects[PLAYER].y;
    }
}

// A picture that changes nothing: in mode exact, its noise comes from a copy of the generator.
static void draw_again(const Renderer* renderer, const World* world, uint8_t* pixels) {
    if (!world_is_night(world)) {
        render_frame(renderer, world, NULL, pixels);
    } else if (world->generator.mersenne) {
        Mersenne copy = *world->generator.mersenne;
        render_frame(renderer, world, &(Generator){.mersenne = &copy}, pixels);
    } else {
        Generator night = world_night(world);
        render_frame(renderer, world, &night, pixels);
    }
}

static void write_again(const Cairn* cairn, int32_t n, const CairnObservation* to) {
    if (to->pixels) {
        draw_again(cairn->renderer, &cairn->worlds[n], frame_of(cairn, n, to));
    }
    write_numbers(cairn, n, to);
}

// The frame of a step. In mode exact, the original's draws are made whether or not it is looked at.
static void write_frame(const Cairn* cairn, int32_t n, const CairnObservation* to) {
    World* world = &cairn->worlds[n];
    Mersenne* mersenne = world->generator.mersenne;
    if (!mersenne) {
        write_again(cairn, n, to);
        return;
    }
    if (to->pixels) {
        render_frame(cairn->renderer, world, &world->generator, frame_of(cairn, n, to));
    } else if (world_is_night(world)) {
        mersenne_skip(mersenne, 2 * cairn->shape.night_draws);
    }
    write_numbers(cairn, n, to);
}

// ---------------------------------------------------------------- reset and step
static void write_begin(const Cairn* cairn, int32_t n, const CairnOutput* output) {
    write_step(cairn, n, output);
    write_frame(cairn, n, &output->observation);
}

static void step_world(const Cairn* cairn, int32_t n, int32_t action, const CairnOutput* output) {
    World* world = &cairn->worlds[n];
    world_step(world, action);
    write_step(cairn, n, output);
    if (!world->terminated && !world->truncated) {
        write_frame(cairn, n, &output->observation);
        return;
    }
    if (cairn->config.auto_reset) {
        write_again(cairn, n, &output->final_observation);
        ahead_reset(cairn->ahead, world, n);
        write_frame(cairn, n, &output->observation);
        return;
    }
    write_again(cairn, n, &output->final_observation);
    write_frame(cairn, n, &output->observation);
}

static void step_range(const Cairn* cairn, int32_t first, int32_t count, const int32_t* action,
                       const CairnOutput* output) {
    const size_t frame_bytes =
        (size_t)cairn->config.size_width * (size_t)cairn->config.size_height * 3;
    for (int32_t n = first; n < first + count; n++) {
        // Each world is larger than what a processor loads by itself while it works on another.
        if (n + 2 < first + count) {
            world_prefetch(&cairn->worlds[n + 2]);
        }
        if (n + 1 < first + count) {
            world_prefetch_surroundings(&cairn->worlds[n + 1]);
        }
        // A frame that fits into the nearest cache comes there while the world is stepped.
        if (output->observation.pixels && frame_bytes <= 1 << 15) {
            const uint8_t* frame = frame_of(cairn, n, &output->observation);
            for (size_t at = 0; at < frame_bytes; at += 64) {
                __builtin_prefetch(frame + at, 1);
            }
        }
        step_world(cairn, n, action[n], output);
    }
}

void cairn_step_range(Cairn* cairn, int32_t first, int32_t count, const int32_t* action,
                      const CairnOutput* output) {
    assert(first >= 0 && count >= 0 && count <= cairn->config.world_count - first);
    ahead_work(cairn->ahead);
    step_range(cairn, first, count, action, output);
}

typedef struct Round { // one call's work
    Cairn* cairn;
    const int32_t* action; // NULL: reset
    const CairnOutput* output;
    int32_t piece; // worlds taken at once
} Round;

static void run_piece(const Round* round, int32_t first, int32_t count) {
    if (round->action) {
        step_range(round->cairn, first, count, round->action, round->output);
        return;
    }
    ahead_reset_many(round->cairn->ahead, round->cairn->worlds, first, count);
    for (int32_t n = first; n < first + count; n++) {
        write_begin(round->cairn, n, round->output);
    }
}

// Each thread has the same worlds in every round, which stay near its core, and helps the others
// when it is done with them. Who steps a world changes no bit.
static void run_round(void* context, int32_t thread) {
    const Round* round = context;
    enum { BATCH = 512 }; // worlds that are stepped in the time of a batch of terrain, or more
    const int32_t threads = round->cairn->config.threads, piece = round->piece;
    if (round->action) {
        ahead_work(round->cairn->ahead);
    }
    for (int32_t turn = 0; turn < threads; turn++) {
        Share* share = &round->cairn->shares[(thread + turn) % threads];
        for (;;) {
            int32_t first = atomic_fetch_add_explicit(&share->next, piece, memory_order_relaxed);
            if (first >= share->end) {
                break;
            }
            if (round->action && share->end - first > BATCH) { // later, others would wait for it
                ahead_work(round->cairn->ahead);
            }
            run_piece(round, first, share->end - first < piece ? share->end - first : piece);
        }
    }
}

static void for_all_worlds(Cairn* cairn, const int32_t* action, const CairnOutput* output) {
    const int64_t worlds = cairn->config.world_count, threads = cairn->config.threads;
    // Small pieces, because a world that begins anew takes as long as many that do not.
    int32_t piece = (int32_t)(worlds / (8 * threads));
    if (!action && cairn->ahead && piece < TERRAIN_LANES) {
        piece = TERRAIN_LANES;
    }
    for (int64_t t = 0; t < threads; t++) {
        atomic_init(&cairn->shares[t].next, (int32_t)(t * worlds / threads));
        cairn->shares[t].end = (int32_t)((t + 1) * worlds / threads);
    }
    Round round = {
        .cairn = cairn, .action = action, .output = output, .piece = piece > 0 ? piece : 1};
    workers_run(cairn->workers, run_round, &round);
}

void cairn_reset(Cairn* cairn, const CairnOutput* output) {
    for_all_worlds(cairn, NULL, output);
}

void cairn_step(Cairn* cairn, const int32_t* action, const CairnOutput* output) {
    for_all_worlds(cairn, action, output);
}

CairnStatus cairn_reset_world(Cairn* cairn, int32_t world, uint64_t episode,
                              const CairnOutput* output) {
    if (world < 0 || world >= cairn->config.world_count || episode < 1 || episode > EPISODE_MAX) {
        return CAIRN_BAD_ARGUMENT;
    }
    cairn->worlds[world].episode = episode - 1;
    ahead_reset(cairn->ahead, &cairn->worlds[world], world);
    write_begin(cairn, world, output);
    return CAIRN_OK;
}

void cairn_parallel(Cairn* cairn, void (*job)(void* context, int32_t thread), void* context) {
    workers_run(cairn->workers, job, context);
}

// ---------------------------------------------------------------- looking at one world
static const World* world_at(const Cairn* cairn, int32_t world) { // NULL when there is none
    return world >= 0 && world < cairn->config.world_count ? &cairn->worlds[world] : NULL;
}

uint64_t cairn_episode(const Cairn* cairn, int32_t world) {
    const World* at = world_at(cairn, world);
    return at ? at->episode : 0;
}

double cairn_daylight(const Cairn* cairn, int32_t world) {
    const World* at = world_at(cairn, world);
    return at ? at->daylight : 0;
}

void cairn_generator(const Cairn* cairn, int32_t world, uint32_t words[CAIRN_GENERATOR_WORDS]) {
    memset(words, 0, CAIRN_GENERATOR_WORDS * sizeof *words);
    if (!world_at(cairn, world)) {
        return;
    }
    const Generator* generator = &world_at(cairn, world)->generator;
    const Mersenne* mersenne = generator->mersenne;
    if (mersenne) {
        memcpy(words, mersenne->state, sizeof mersenne->state);
        words[GENERATOR_STATE] = (uint32_t)mersenne->position;
        return;
    }
    words[0] = (uint32_t)generator->key;
    words[1] = (uint32_t)(generator->key >> 32);
    words[2] = (uint32_t)generator->counter;
    words[3] = (uint32_t)(generator->counter >> 32);
}

void cairn_observe_world(const Cairn* cairn, int32_t world, const CairnOutput* output) {
    if (world_at(cairn, world)) {
        write_step(cairn, world, output);
        write_again(cairn, world, &output->observation);
    }
}

static CairnStatus check_world(const Cairn* cairn, int32_t world, char why[CAIRN_WHY]) {
    if (world < 0 || world >= cairn->config.world_count) {
        snprintf(why, CAIRN_WHY, "world is %d, expected 0 to %d", world,
                 cairn->config.world_count - 1);
        return CAIRN_BAD_ARGUMENT;
    }
    return CAIRN_OK;
}

CairnStatus cairn_draw_world(const Cairn* canvas, const Cairn* cairn, int32_t world,
                             uint8_t* pixels, char why[CAIRN_WHY]) {
    CairnStatus status = check_world(cairn, world, why);
    if (status == CAIRN_OK) {
        draw_again(canvas->renderer, &cairn->worlds[world], pixels);
    }
    return status;
}

const uint8_t* cairn_picture(const Cairn* cairn, const char* name, int32_t* side) {
    const CairnTextures* textures =
        cairn->own_textures ? cairn->own_textures : cairn->config.textures;
    *side = 0;
    for (int id = 0; id < ENV_TEXTURE_COUNT; id++) {
        if (strcmp(env_texture_name((EnvTextureId)id), name) == 0) {
            *side = textures->picture[id].side;
            return textures->picture[id].rgba;
        }
    }
    return NULL;
}

CairnStatus cairn_set_inventory(Cairn* cairn, int32_t world, const uint8_t inventory[CAIRN_ITEMS],
                                char why[CAIRN_WHY]) {
    CairnStatus status = check_world(cairn, world, why);
    if (status != CAIRN_OK) {
        return status;
    }
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        if (inventory[item] > MAX_ITEM) {
            snprintf(why, CAIRN_WHY, "%s is %d, expected 0 to %d", cairn_item_name(item),
                     inventory[item], MAX_ITEM);
            return CAIRN_BAD_ARGUMENT;
        }
    }
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        cairn->worlds[world].player.inventory[item] = inventory[item];
    }
    return CAIRN_OK;
}
