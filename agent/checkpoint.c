// Layout of a checkpoint, little-endian:
//   8 bytes "CAIRNAGT", u32 version, u32 CRC-32 of all that follows, u64 size of the file,
//   u64 kind, u64 bytes per weight (weights only: 2, halves), u64 size and text of the config (key
//   = value lines), u64 fingerprint and u64 weight count of the network, u64 size and bytes of the
//   caller's blob, progress, value normaliser, weights; in full checkpoints the rest of
//   agent/state.c.
#include "agent/checkpoint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "agent/distil.h"
#include "agent/file.h"
#include "agent/pack.h"
#include "agent/state.h"
#include "agent/trainer.h"

enum { VERSION = 2, MAGIC_SIZE = 8, CRC_AT = 12, SUMMED_FROM = 16 };
static const char magic[] = "CAIRNAGT";

// ---------------------------------------------------------------- config as text
static size_t config_text(const AgentConfig* config, char* text, size_t room) {
    int32_t count = 0;
    size_t used = 0;
    const AgentKey* keys = agent_config_keys(&count);
    for (int32_t i = 0; i < count; i++) {
        char value[AGENT_VALUE];
        agent_config_get(config, i, value);
        used += (size_t)snprintf(text + used, room - used, "%s = %s\n", keys[i].name, value);
    }
    return used;
}

// Strict: every line is "key = value". Keys that are missing keep their default.
static AgentStatus config_parse(const char* text, size_t size, AgentConfig* config,
                                char why[AGENT_WHY]) {
    *config = agent_default_config();
    for (size_t at = 0; at < size;) {
        enum { LINE = 160 };
        char line[LINE];
        const char* end = memchr(text + at, '\n', size - at);
        size_t length = (end ? (size_t)(end - text) : size) - at;
        if (length >= LINE || memchr(text + at, 0, length)) {
            snprintf(why, AGENT_WHY, "a line of its config is broken");
            return AGENT_BAD_DATA;
        }
        memcpy(line, text + at, length);
        line[length] = 0;
        char* equals = strstr(line, " = ");
        if (!equals) {
            snprintf(why, AGENT_WHY, "the line \"%.60s\" of its config is no \"key = value\"",
                     line);
            return AGENT_BAD_DATA;
        }
        *equals = 0;
        AgentStatus status = agent_config_set(config, line, equals + 3, why);
        if (status != AGENT_OK) {
            return AGENT_BAD_DATA;
        }
        at += length + 1;
    }
    return agent_config_check(config, why) == AGENT_OK ? AGENT_OK : AGENT_BAD_DATA;
}

// ---------------------------------------------------------------- writing
static void put_head(PackWriter* writer, const AgentTrainer* trainer, AgentCheckpointKind kind,
                     const void* blob, size_t blob_size) {
    char text[4096];
    size_t text_size = config_text(&trainer->config, text, sizeof text);
    pack_put(writer, magic, MAGIC_SIZE);
    pack_put(writer, &(uint32_t){VERSION}, 4);
    pack_put(writer, &(uint32_t){0}, 4); // the sum comes when the rest is there
    pack_put_u64(writer, 0);
    pack_put_u64(writer, (uint64_t)kind);
    pack_put_u64(writer, kind == AGENT_CHECKPOINT_FULL ? sizeof(NetReal) : sizeof(uint16_t));
    pack_put_u64(writer, text_size);
    pack_put(writer, text, text_size);
    pack_put_u64(writer, net_fingerprint(trainer->network.graph));
    pack_put_u64(writer, trainer->weight_count);
    pack_put_u64(writer, blob_size);
    pack_put(writer, blob, blob_size);
}

// Appends the learned numbers and, in a full one, the rest of the state.
static bool put_body(PackWriter* writer, const AgentTrainer* trainer, AgentCheckpointKind kind,
                     char why[AGENT_WHY]) {
    if (kind == AGENT_CHECKPOINT_WEIGHTS) {
        Learned learned = trainer_learned(trainer);
        learned.real_size = sizeof(uint16_t);
        learned_put(writer, &learned);
        return pack_fit(writer);
    }
    size_t used = trainer_state_save(trainer, STATE_WHOLE, writer->bytes + writer->used,
                                     writer->size - writer->used, why);
    writer->used += used;
    return used > 0;
}

AgentStatus checkpoint_make(const AgentTrainer* trainer, AgentCheckpointKind kind, const void* blob,
                            size_t blob_size, unsigned char** bytes, size_t* size,
                            char why[AGENT_WHY]) {
    *bytes = NULL;
    PackWriter count = {0};
    put_head(&count, trainer, kind, blob, blob_size);
    PackWriter writer = {.size = count.used + trainer_state_limit(trainer, STATE_WHOLE)};
    writer.bytes = malloc(writer.size);
    if (!writer.bytes) {
        snprintf(why, AGENT_WHY, "out of memory for a checkpoint of %zu bytes", writer.size);
        return AGENT_OUT_OF_MEMORY;
    }
    put_head(&writer, trainer, kind, blob, blob_size);
    if (!put_body(&writer, trainer, kind, why)) {
        free(writer.bytes);
        return AGENT_BAD_DATA;
    }
    uint64_t used = writer.used;
    memcpy(writer.bytes + SUMMED_FROM, &used, sizeof used);
    uint32_t sum = (uint32_t)crc32_z(0, writer.bytes + SUMMED_FROM, writer.used - SUMMED_FROM);
    memcpy(writer.bytes + CRC_AT, &sum, sizeof sum);
    *bytes = writer.bytes;
    *size = writer.used;
    return AGENT_OK;
}

// ---------------------------------------------------------------- reading
__attribute__((format(printf, 3, 4))) static AgentStatus bad(char why[AGENT_WHY], const char* name,
                                                             const char* format, ...) {
    char reason[AGENT_WHY / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    snprintf(why, AGENT_WHY, "%s: %s", file_shown(name), reason);
    return AGENT_BAD_DATA;
}

// Magic, version, size and sum: what truncation and bit flips break.
static AgentStatus check_frame(PackReader* reader, const char* name, char why[AGENT_WHY]) {
    char found[MAGIC_SIZE];
    uint32_t version = 0, sum = 0;
    pack_get(reader, found, MAGIC_SIZE);
    pack_get(reader, &version, 4);
    pack_get(reader, &sum, 4);
    uint64_t size = pack_get_u64(reader);
    if (memcmp(found, magic, MAGIC_SIZE) != 0) {
        return bad(why, name, "is no Cairn checkpoint");
    }
    if (!reader->failed && version != VERSION) {
        return bad(why, name, "is a checkpoint of version %u, this program reads version %d",
                   (unsigned)version, VERSION);
    }
    if (reader->failed || reader->size != size) {
        return bad(why, name,
                   "has %zu bytes where %llu were written: it is truncated or damaged; use "
                   "another checkpoint",
                   reader->size, (unsigned long long)size);
    }
    if (crc32_z(0, reader->bytes + SUMMED_FROM, reader->size - SUMMED_FROM) != sum) {
        return bad(why, name, "is damaged (its checksum differs); use another checkpoint");
    }
    return AGENT_OK;
}

size_t checkpoint_prototypes(const AgentConfig* config) {
    return distil_wanted(config) ? CAIRN_ACHIEVEMENTS * (size_t)config->latent : 0;
}

AgentStatus checkpoint_view(const void* bytes, size_t size, const char* name, CheckpointView* view,
                            char why[AGENT_WHY]) {
    *view = (CheckpointView){0};
    PackReader reader = {.bytes = bytes, .size = size};
    AgentStatus status = check_frame(&reader, name, why);
    if (status != AGENT_OK) {
        return status;
    }
    AgentCheckpointInfo* info = &view->info;
    uint64_t kind = pack_get_u64(&reader), real = pack_get_u64(&reader);
    uint64_t text_size = pack_get_u64(&reader);
    const char* text = pack_skip(&reader, text_size);
    info->fingerprint = pack_get_u64(&reader);
    info->weight_count = pack_get_u64(&reader);
    info->blob_size = pack_get_u64(&reader);
    view->blob = pack_skip(&reader, info->blob_size);
    if (reader.failed || kind > AGENT_CHECKPOINT_WEIGHTS ||
        info->weight_count > size / sizeof(uint16_t)) {
        return bad(why, name, "its head is damaged");
    }
    size_t expected = kind == AGENT_CHECKPOINT_FULL ? sizeof(NetReal) : sizeof(uint16_t);
    if (real != expected) {
        return bad(why, name, "holds weights of %llu bytes each, should be %zu",
                   (unsigned long long)real, expected);
    }
    char reason[AGENT_WHY];
    if (config_parse(text, text_size, &info->config, reason) != AGENT_OK) {
        return bad(why, name, "%.200s", reason);
    }
    info->kind = (AgentCheckpointKind)kind;
    info->version = VERSION;
    info->file_bytes = size;
    view->learned = reader.bytes + reader.used;
    view->learned_size = size - reader.used;
    Learned learned = {.real_size = expected,
                       .weight_count = info->weight_count,
                       .prototype_count = checkpoint_prototypes(&info->config)};
    learned_get(&reader, &learned);
    info->progress = learned.progress;
    bool exact = info->kind == AGENT_CHECKPOINT_FULL || reader.used == size;
    return reader.failed || !exact ? bad(why, name, "its weights are damaged") : AGENT_OK;
}

// Of the keys whose names begin with the prefix, the first that differs. NULL: none does.
static const char* first_difference(const AgentConfig* a, const AgentConfig* b, const char* prefix,
                                    char a_text[AGENT_VALUE], char b_text[AGENT_VALUE]) {
    int32_t count = 0;
    const AgentKey* keys = agent_config_keys(&count);
    for (int32_t i = 0; i < count; i++) {
        agent_config_get(a, i, a_text);
        agent_config_get(b, i, b_text);
        if (strncmp(keys[i].name, prefix, strlen(prefix)) == 0 && strcmp(a_text, b_text) != 0) {
            return keys[i].name;
        }
    }
    return NULL;
}

static AgentStatus check_match(const AgentTrainer* trainer, const CheckpointView* view,
                               const char* name, char why[AGENT_WHY]) {
    const AgentCheckpointInfo* info = &view->info;
    if (info->kind != AGENT_CHECKPOINT_FULL) {
        return bad(why, name, "holds only weights; continuing a training needs a full checkpoint");
    }
    const bool other = info->fingerprint != net_fingerprint(trainer->network.graph);
    const bool distils = distil_wanted(&info->config) || distil_wanted(&trainer->config);
    const bool remembers =
        info->config.context != AGENT_CONTEXT_NONE || trainer->config.context != AGENT_CONTEXT_NONE;
    // The network's, the worlds'; what a world's past is laid out by; with distillation also what a
    // window of rollouts and the optimisers' moments are.
    const struct {
        const char* prefix;
        bool matters;
    } compared[] = {{"network.", other},
                    {"distil.memory", true},
                    {"world.", true},
                    {"memory.", remembers},
                    {"distil.prediction", distils},
                    {"distil.every", distils},
                    {"distil.matching", distils},
                    {"distil.epochs", distils},
                    {"ppo.rollout_steps", distils}};
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        char there[AGENT_VALUE], here[AGENT_VALUE];
        const char* key =
            first_difference(&info->config, &trainer->config, compared[i].prefix, there, here);
        if (key && compared[i].matters) {
            return bad(why, name, "its %s is %s, this training's is %s", key, there, here);
        }
    }
    if (other || info->weight_count != trainer->weight_count) {
        return bad(why, name, "its network of %zu weights is not this program's of %zu",
                   info->weight_count, trainer->weight_count);
    }
    return AGENT_OK;
}

AgentStatus checkpoint_restore(AgentTrainer* trainer, const void* bytes, size_t size,
                               const char* name, void** blob, size_t* blob_size,
                               char why[AGENT_WHY]) {
    CheckpointView view;
    AgentStatus status = checkpoint_view(bytes, size, name, &view, why);
    if (status == AGENT_OK) {
        status = check_match(trainer, &view, name, why);
    }
    if (status != AGENT_OK) {
        return status;
    }
    void* copy = blob && view.info.blob_size ? malloc(view.info.blob_size) : NULL;
    size_t room = trainer_state_limit(trainer, STATE_WHOLE);
    void* own = malloc(room);
    size_t kept = own ? trainer_state_save(trainer, STATE_WHOLE, own, room, why) : 0;
    if (!kept || (blob && view.info.blob_size && !copy)) {
        free(own);
        free(copy);
        snprintf(why, AGENT_WHY, "%s: out of memory while loading it", file_shown(name));
        return AGENT_OUT_OF_MEMORY;
    }
    char reason[AGENT_WHY], ignored[AGENT_WHY];
    status = trainer_state_load(trainer, STATE_WHOLE, view.learned, view.learned_size, reason);
    if (status != AGENT_OK) {
        trainer_state_load(trainer, STATE_WHOLE, own, kept, ignored); // own bytes: always good
    }
    free(own);
    if (status != AGENT_OK) {
        free(copy);
        return bad(why, name, "%.200s", reason);
    }
    if (copy) {
        memcpy(copy, view.blob, view.info.blob_size);
    }
    if (blob) {
        *blob = copy;
        *blob_size = view.info.blob_size;
    }
    return AGENT_OK;
}

// ---------------------------------------------------------------- files
AgentStatus agent_checkpoint_save(const AgentTrainer* trainer, const char* path,
                                  AgentCheckpointKind kind, const void* blob, size_t blob_size,
                                  char why[AGENT_WHY]) {
    unsigned char* bytes = NULL;
    size_t size = 0;
    AgentStatus status = checkpoint_make(trainer, kind, blob, blob_size, &bytes, &size, why);
    if (status == AGENT_OK) {
        status = file_write(path, bytes, size, why);
    }
    free(bytes);
    return status;
}

AgentStatus agent_checkpoint_info(const char* path, AgentCheckpointInfo* info,
                                  char why[AGENT_WHY]) {
    unsigned char* bytes = NULL;
    size_t size = 0;
    CheckpointView view = {0};
    AgentStatus status = file_read(path, &bytes, &size, why);
    if (status == AGENT_OK) {
        status = checkpoint_view(bytes, size, path, &view, why);
    }
    *info = view.info;
    free(bytes);
    return status;
}

AgentStatus agent_checkpoint_load(AgentTrainer* trainer, const char* path, void** blob,
                                  size_t* blob_size, char why[AGENT_WHY]) {
    unsigned char* bytes = NULL;
    size_t size = 0;
    AgentStatus status = file_read(path, &bytes, &size, why);
    if (status == AGENT_OK) {
        status = checkpoint_restore(trainer, bytes, size, path, blob, blob_size, why);
    }
    free(bytes);
    return status;
}
