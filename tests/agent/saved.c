#include "tests/agent/saved.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "agent/checkpoint.h"
#include "agent/file.h"
#include "tests/agent/small.h"

void saved_make(const AgentTrainer* trainer, AgentCheckpointKind kind, Saved* saved) {
    char why[AGENT_WHY] = "";
    saved->path = small_path("test.ckpt");
    ck_assert_msg(agent_checkpoint_save(trainer, saved->path, kind, "blob", 4, why) == AGENT_OK,
                  "%s", why);
    ck_assert_msg(file_read(saved->path, &saved->bytes, &saved->size, why) == AGENT_OK, "%s", why);
}

void saved_drop(Saved* saved) {
    unlink(saved->path);
    free(saved->path);
    free(saved->bytes);
}

void saved_sum(const Saved* saved) {
    uint64_t size = saved->size;
    memcpy(saved->bytes + 16, &size, sizeof size);
    uint32_t sum = (uint32_t)crc32_z(0, saved->bytes + 16, saved->size - 16);
    memcpy(saved->bytes + 12, &sum, sizeof sum);
}

void saved_refuse(AgentTrainer* trainer, const void* bytes, size_t size, const char* part) {
    char why[AGENT_WHY] = "";
    uint64_t before = small_hash(trainer);
    void* blob = NULL;
    size_t blob_size = 0;
    AgentStatus status =
        checkpoint_restore(trainer, bytes, size, "some.ckpt", &blob, &blob_size, why);
    ck_assert_msg(status == AGENT_BAD_DATA, "accepted, should say \"%s\"", part);
    ck_assert_msg(strncmp(why, "some.ckpt: ", 11) == 0 && strstr(why, part) && !strchr(why, '\n'),
                  "\"%s\" should name some.ckpt and contain \"%s\"", why, part);
    ck_assert_uint_eq(small_hash(trainer), before);
    ck_assert_ptr_null(blob);
}

AgentTrainer* saved_and_loaded(AgentTrainer* trainer) {
    Saved file;
    char why[AGENT_WHY] = "";
    saved_make(trainer, AGENT_CHECKPOINT_FULL, &file);
    AgentConfig config = *agent_trainer_config(trainer);
    agent_trainer_destroy(trainer);
    trainer = small_trainer(&config);
    ck_assert_msg(agent_checkpoint_load(trainer, file.path, NULL, NULL, why) == AGENT_OK, "%s",
                  why);
    saved_drop(&file);
    return trainer;
}
