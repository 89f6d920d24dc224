// Cairn's world: N independent Crafter worlds stepped in lockstep, bit-exact with Crafter 1.8.3.
//
// An embedding program needs this header and libcairn, nothing else:
//
//     CairnConfig config = cairn_default_config();
//     config.seed = 7, config.world_count = 16;
//     Cairn* worlds = NULL;
//     char why[CAIRN_WHY];
//     if (cairn_create(&config, &worlds, why) != CAIRN_OK) { puts(why); return 1; }
//     CairnOutput output = {.observation.pixels = pixels, .reward = reward};
//     cairn_reset(worlds, &output);
//     cairn_step(worlds, action, &output); // as often as you like; worlds that end begin anew
//     cairn_destroy(worlds);
//
// Arrays are row-major; [N, ...] means one row per world. x grows right, y grows down.
// A handle is used by one thread at a time (cairn_step_range excepted); two handles share nothing.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAIRN_API __attribute__((visibility("default")))

enum {
    CAIRN_ACTIONS = 17,
    CAIRN_ACHIEVEMENTS = 22,
    CAIRN_ITEMS = 16,
    CAIRN_STATUS_SIZE = 20, // inventory 0..15, facing dx, facing dy, sleeping, daylight
    CAIRN_MATERIALS = 13,   // ids 0 (outside the world) to 12
    CAIRN_OBJECTS = 16,     // ids of CairnObject, 0 (nothing) to 15
    CAIRN_GENERATOR_WORDS = 625,
    CAIRN_WHY = 256 // size of every error message buffer, terminating zero included
};

typedef enum CairnStatus {
    CAIRN_OK,
    CAIRN_BAD_CONFIG,   // a field out of range; the message names it and the range
    CAIRN_BAD_ARGUMENT, // a call that cannot be meant (world number, buffer size, ...)
    CAIRN_BAD_DATA,     // a file or saved state that is broken, truncated or of another version
    CAIRN_IO,           // the system refused to read or write
    CAIRN_OUT_OF_MEMORY
} CairnStatus;

typedef enum CairnAction {
    CAIRN_NOOP,
    CAIRN_MOVE_LEFT,
    CAIRN_MOVE_RIGHT,
    CAIRN_MOVE_UP,
    CAIRN_MOVE_DOWN,
    CAIRN_DO,
    CAIRN_SLEEP,
    CAIRN_PLACE_STONE,
    CAIRN_PLACE_TABLE,
    CAIRN_PLACE_FURNACE,
    CAIRN_PLACE_PLANT,
    CAIRN_MAKE_WOOD_PICKAXE,
    CAIRN_MAKE_STONE_PICKAXE,
    CAIRN_MAKE_IRON_PICKAXE,
    CAIRN_MAKE_WOOD_SWORD,
    CAIRN_MAKE_STONE_SWORD,
    CAIRN_MAKE_IRON_SWORD
} CairnAction;

typedef enum CairnItem {
    CAIRN_HEALTH,
    CAIRN_FOOD,
    CAIRN_DRINK,
    CAIRN_ENERGY,
    CAIRN_SAPLING,
    CAIRN_WOOD,
    CAIRN_STONE,
    CAIRN_COAL,
    CAIRN_IRON,
    CAIRN_DIAMOND,
    CAIRN_WOOD_PICKAXE,
    CAIRN_STONE_PICKAXE,
    CAIRN_IRON_PICKAXE,
    CAIRN_WOOD_SWORD,
    CAIRN_STONE_SWORD,
    CAIRN_IRON_SWORD
} CairnItem;

typedef enum CairnMaterial { // channel 0 of tiles; ids 1..12 also in the semantic map
    CAIRN_OUTSIDE,
    CAIRN_WATER,
    CAIRN_GRASS,
    CAIRN_ROCK, // "stone" in the original
    CAIRN_PATH,
    CAIRN_SAND,
    CAIRN_TREE,
    CAIRN_LAVA,
    CAIRN_COAL_ORE,
    CAIRN_IRON_ORE,
    CAIRN_DIAMOND_ORE,
    CAIRN_TABLE,
    CAIRN_FURNACE
} CairnMaterial;

typedef enum CairnObject { // channel 1 of tiles
    CAIRN_NOTHING,
    CAIRN_PLAYER_LEFT,
    CAIRN_PLAYER_RIGHT,
    CAIRN_PLAYER_UP,
    CAIRN_PLAYER_DOWN,
    CAIRN_PLAYER_ASLEEP,
    CAIRN_COW,
    CAIRN_ZOMBIE,
    CAIRN_SKELETON,
    CAIRN_ARROW_LEFT,
    CAIRN_ARROW_RIGHT,
    CAIRN_ARROW_UP,
    CAIRN_ARROW_DOWN,
    CAIRN_PLANT,
    CAIRN_PLANT_RIPE
} CairnObject;

// "noop", "collect_coal", "health"; NULL when the number is out of range.
CAIRN_API const char* cairn_action_name(int action);
CAIRN_API const char* cairn_achievement_name(int achievement);
CAIRN_API const char* cairn_item_name(int item);
CAIRN_API const char* cairn_version(void);

// Pictures for every material, object, item and digit.
typedef struct CairnTextures CairnTextures;

// Reads PNG files by the original's names ("water.png", "player-left.png", "1.png", ...) from a
// folder. The caller owns *textures. CAIRN_BAD_DATA or CAIRN_IO: the message names the file.
CAIRN_API CairnStatus cairn_textures_load(const char* folder, CairnTextures** textures,
                                          char why[CAIRN_WHY]);
CAIRN_API void cairn_textures_destroy(CairnTextures* textures); // NULL is allowed

// The rules are the same. The original's random numbers bind their order to that of its loops; mode
// fast draws from a counter instead, so that its episodes are others, equal in distribution, and
// night noise is apart from the world's numbers.
typedef enum CairnMode {
    CAIRN_MODE_EXACT, // bit for bit the original's episodes
    CAIRN_MODE_FAST   // as the original's in distribution, several times faster
} CairnMode;

typedef struct CairnConfig {
    int64_t seed;         // any; world n plays with cairn_world_seed(seed, n), in mode exact as the
                          // original's crafter.Env(seed=...) does
    const int64_t* seeds; // [N] or NULL; one seed per world instead; copied by cairn_create
    int32_t world_count;  // N in [1, 65536]
    int32_t threads;      // in [1, 256]; the bits do not depend on it
    CairnMode mode;
    int32_t area_width, area_height; // cells, in [1, 1024]; original: 64, 64
    int32_t view_width, view_height; // cells with the inventory's rows, in [1, 63]; original: 9, 9
    int32_t size_width, size_height; // pixels, in [view, 4096]; original: 64, 64
    int32_t length;  // steps until truncated, in [0, 2^31-1]; 0 = no limit; original: 10000
    bool reward;     // false: output.reward stays 0 (the original's no-reward variant)
    bool auto_reset; // true: a world that ended begins its next episode inside the same step
    const CairnTextures* textures; // borrowed until cairn_destroy; NULL = Cairn's own pictures
} CairnConfig;

typedef struct CairnObservation { // caller-owned; NULL = not wanted
    uint8_t* pixels;              // [N, H, W, 3] H = size_height, W = size_width
    uint8_t* tiles;    // [N, rows, columns, 2] the local view: CairnMaterial, CairnObject
    float* status;     // [N, CAIRN_STATUS_SIZE] counts 0..9, facing -1..1, 0 or 1, daylight 0..1
    uint8_t* semantic; // [N, area_width, area_height] the original's info["semantic"], x first
} CairnObservation;

typedef struct CairnOutput { // caller-owned; NULL = not wanted; a step writes row n for world n
    // What to act on next: with auto_reset, the new episode's first observation in rows that ended.
    CairnObservation observation;
    // The last observation of the episode that ended; other rows are left alone. Never needed
    // without auto_reset.
    CairnObservation final_observation;
    // The step just taken. In rows that ended: the final state, not that of the new episode.
    double* reward;        // [N] the original's, exactly
    uint8_t* terminated;   // [N] 1 if the player died: nothing to bootstrap from
    uint8_t* truncated;    // [N] 1 if cut at the length: bootstrap from final_observation
    uint8_t* unlocked;     // [N, 22] 1 if unlocked for the first time by this very step
    int32_t* achievements; // [N, 22] counts since the episode began
    uint8_t* inventory;    // [N, 16] 0..9
    int32_t* position;     // [N, 2] x, y
} CairnOutput;

typedef struct Cairn Cairn; // owns its worlds and threads

// The original's defaults: one world, one thread, seed 0, mode exact, reward and auto_reset on.
CAIRN_API CairnConfig cairn_default_config(void);

// Seed of world n: the seed itself for n = 0, a 62-bit mix of (seed, n) for the others, so that
// neighbouring seeds share no worlds.
CAIRN_API int64_t cairn_world_seed(int64_t seed, int32_t world);

// On failure *worlds is NULL and why says which field is wrong and its range.
CAIRN_API CairnStatus cairn_create(const CairnConfig* config, Cairn** worlds, char why[CAIRN_WHY]);
CAIRN_API void cairn_destroy(Cairn* worlds);                    // NULL is allowed
CAIRN_API const CairnConfig* cairn_config(const Cairn* worlds); // seeds points at the own copy

// Columns and rows of the local view (original: 9 and 7), the shape of tiles.
CAIRN_API int32_t cairn_local_columns(const CairnConfig* config);
CAIRN_API int32_t cairn_local_rows(const CairnConfig* config);

// Begins the next episode in every world (the first call: episode 1).
CAIRN_API void cairn_reset(Cairn* worlds, const CairnOutput* output);
// Begins the given episode (1 to 2^63 - 1) in one world; row `world` of the output is written.
CAIRN_API CairnStatus cairn_reset_world(Cairn* worlds, int32_t world, uint64_t episode,
                                        const CairnOutput* output);
// Number of the episode that world n is in; 0 before the first reset, and if there is no such world
// (which the calls below that return no status take for a world of which nothing is known).
CAIRN_API uint64_t cairn_episode(const Cairn* worlds, int32_t world);

// One step in every world. action [N], each in [0, 17): anything else is a bug and asserts, as is a
// step before the first reset. Without auto_reset, a world that ended goes on as the original's.
CAIRN_API void cairn_step(Cairn* worlds, const int32_t* action, const CairnOutput* output);
// The same for worlds [first, first + count) on the calling thread. Several threads may call it at
// once for disjoint ranges, so that a program can use threads of its own. action and output are
// whole arrays [N, ...], of which only the range's rows are touched.
CAIRN_API void cairn_step_range(Cairn* worlds, int32_t first, int32_t count, const int32_t* action,
                                const CairnOutput* output);
// Runs job(context, i) for i in [0, threads) on the worlds' own threads, the caller's included, and
// waits for all: lets a learner and its worlds share one set of threads.
CAIRN_API void cairn_parallel(Cairn* worlds, void (*job)(void* context, int32_t thread),
                              void* context);

// Sets the 16 counts, each 0..9 (larger: CAIRN_BAD_ARGUMENT), as a test or curriculum may want.
CAIRN_API CairnStatus cairn_set_inventory(Cairn* worlds, int32_t world,
                                          const uint8_t inventory[CAIRN_ITEMS],
                                          char why[CAIRN_WHY]);
// Daylight of one world in [0, 1], the original's exactly (the status vector holds it as a float).
CAIRN_API double cairn_daylight(const Cairn* worlds, int32_t world);
// Mode exact: MT19937 of one world, 624 words of state, then the position 0..624. Mode fast: key
// and counter, two words each, lower first; the rest is 0.
CAIRN_API void cairn_generator(const Cairn* worlds, int32_t world,
                               uint32_t words[CAIRN_GENERATOR_WORDS]);

// A world's whole state as bytes: versioned, checksummed, the same on every machine. Loading works
// in any Cairn of the same mode, area, view, size and length; the world then continues exactly.
CAIRN_API size_t cairn_state_limit(const Cairn* worlds); // bytes that always suffice
CAIRN_API CairnStatus cairn_save_world(const Cairn* worlds, int32_t world, void* bytes, size_t size,
                                       size_t* used, char why[CAIRN_WHY]);
// Broken bytes leave the world as it was.
CAIRN_API CairnStatus cairn_load_world(Cairn* worlds, int32_t world, const void* bytes, size_t size,
                                       char why[CAIRN_WHY]);
// The same within a process, for going back often: one memory copy, unchecked, no format. A
// snapshot is taken from and restored to any Cairn of the configuration that it was made for but
// for seeds, world_count and threads. CAIRN_BAD_ARGUMENT: no such world, another configuration, a
// world before its first reset, or nothing taken yet.
typedef struct CairnSnapshot CairnSnapshot;
CAIRN_API CairnStatus cairn_snapshot_create(const Cairn* worlds, CairnSnapshot** snapshot,
                                            char why[CAIRN_WHY]);
CAIRN_API void cairn_snapshot_destroy(CairnSnapshot* snapshot); // NULL is allowed
CAIRN_API CairnStatus cairn_snapshot_take(const Cairn* worlds, int32_t world,
                                          CairnSnapshot* snapshot, char why[CAIRN_WHY]);
CAIRN_API CairnStatus cairn_snapshot_restore(Cairn* worlds, int32_t world,
                                             const CairnSnapshot* snapshot, char why[CAIRN_WHY]);
// Writes row `world` of the output anew without a step. Changes nothing: at night, mode exact draws
// other noise than the step did, from a copy of the generator, and mode fast the same again.
CAIRN_API void cairn_observe_world(const Cairn* worlds, int32_t world, const CairnOutput* output);
// Draws a world as a frame of `canvas`, any Cairn whose view, size and textures are the wanted
// ones: pixels [H, W, 3] of its size. Changes neither, and draws nothing, as cairn_observe_world.
CAIRN_API CairnStatus cairn_draw_world(const Cairn* canvas, const Cairn* worlds, int32_t world,
                                       uint8_t* pixels, char why[CAIRN_WHY]);
// A handle's picture by the original's name ("water", "player-left", "health", "1"): RGBA [side,
// side, 4], there as long as the handle and its textures. NULL: no such name.
CAIRN_API const uint8_t* cairn_picture(const Cairn* worlds, const char* name, int32_t* side);

// Episode files (.cairn): an episode is its configuration, seed, number and actions, so reading one
// means playing it again. Beside them: how it ended, and what an agent said at each step.

enum {
    CAIRN_EPISODE_STEPS_MAX = 10000000,
    CAIRN_EPISODE_BYTES_MAX = 1 << 30, // actions and channels together, uncompressed
    CAIRN_CHANNELS_MAX = 16,
    CAIRN_CHANNEL_WIDTH_MAX = 1024,
    CAIRN_CHANNEL_NAME = 32 // terminating zero included
};

typedef enum CairnChannelType { CAIRN_CHANNEL_U8, CAIRN_CHANNEL_F32 } CairnChannelType;

// What an agent says at each step before it acts, for example "value" (f32, width 1), "entropy"
// (f32, 1), "action_prob" (f32 or u8, 17), "expects" (u8, 3).
typedef struct CairnChannel {
    char name[CAIRN_CHANNEL_NAME]; // a-z, 0-9 and _; no name twice
    CairnChannelType type;
    int32_t width; // entries per step, in [1, CAIRN_CHANNEL_WIDTH_MAX]
} CairnChannel;

typedef struct CairnEpisode {
    CairnConfig config; // one world; seed is the world's own; auto_reset off, textures NULL
    uint64_t episode;   // >= 1
    int64_t length;     // T, steps recorded, in [0, CAIRN_EPISODE_STEPS_MAX]
    double total_reward;
    int32_t achievements[CAIRN_ACHIEVEMENTS]; // counts after the last step
    bool terminated, truncated;               // neither: recording stopped before the end
    uint8_t* action;                          // [T] in [0, CAIRN_ACTIONS)
    int32_t channel_count;
    CairnChannel channel[CAIRN_CHANNELS_MAX];
    void* data[CAIRN_CHANNELS_MAX]; // [T, width] of the channel's type; any bits, NaN included
} CairnEpisode;

// Reads and checks a whole file. The caller owns *episode; on failure it is NULL and the message
// names the file.
CAIRN_API CairnStatus cairn_episode_load(const char* path, CairnEpisode** episode,
                                         char why[CAIRN_WHY]);
CAIRN_API void cairn_episode_destroy(CairnEpisode* episode); // NULL is allowed
// The channel's data [T, width] and description; NULL when there is none of that name.
CAIRN_API const void* cairn_episode_channel(const CairnEpisode* episode, const char* name,
                                            const CairnChannel** channel);
// A Cairn of one world in the episode's first state, whose observation goes to `output` (NULL = not
// wanted). Stepping it with the stored actions plays the episode again. Borrows the textures (NULL
// = Cairn's own); the caller owns *worlds.
CAIRN_API CairnStatus cairn_episode_open(const CairnEpisode* episode, const CairnTextures* textures,
                                         const CairnOutput* output, Cairn** worlds,
                                         char why[CAIRN_WHY]);
// Plays the episode again and compares rewards, ending and achievements with what was stored:
// CAIRN_BAD_DATA when they differ.
CAIRN_API CairnStatus cairn_episode_verify(const CairnEpisode* episode, char why[CAIRN_WHY]);

// Writes episode files: begin, one call per step, save; then begin again. Takes memory only while
// an episode is the longest so far.
typedef struct CairnRecorder CairnRecorder;

// config: that of the Cairn that plays; of its seeds only `seed` counts, the world's own. channels
// [channel_count], NULL when there are none.
CAIRN_API CairnStatus cairn_recorder_create(const CairnConfig* config, int64_t seed,
                                            const CairnChannel* channels, int32_t channel_count,
                                            CairnRecorder** recorder, char why[CAIRN_WHY]);
CAIRN_API void cairn_recorder_destroy(CairnRecorder* recorder); // NULL is allowed
// Forgets what was recorded and starts with the given episode's first step.
CAIRN_API void cairn_recorder_begin(CairnRecorder* recorder, uint64_t episode);
// The action, the reward it brought, and one pointer per channel to that step's entries [width].
CAIRN_API CairnStatus cairn_recorder_step(CairnRecorder* recorder, int32_t action, double reward,
                                          const void* const* data, char why[CAIRN_WHY]);
// Writes the file: temporary name, flushed, renamed. The recorder keeps its steps. The rest is the
// last step's output.
CAIRN_API CairnStatus cairn_recorder_save(const CairnRecorder* recorder, const char* path,
                                          const int32_t achievements[CAIRN_ACHIEVEMENTS],
                                          bool terminated, bool truncated, char why[CAIRN_WHY]);

#ifdef __cplusplus
}
#endif
