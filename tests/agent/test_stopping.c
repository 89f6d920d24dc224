// A stop flag that is raised in the middle of each kind of work (at random moments:
// test_trainer.c).
#include "tests/agent/small.h"
#include "tests/suite.h"

// Flags that the work itself raises half-way: acting, when an episode has ended; the updates of an
// optimiser, after the first.
typedef enum Place { ACTING, PPO, MATCHING, PREDICTION, PLACES } Place;

static const volatile sig_atomic_t* flag_in(AgentTrainer* trainer, Place place) {
    if (place == ACTING) {
        trainer->workers[0].ended_count = 0;
        return &trainer->workers[0].ended_count;
    }
    NetAdam* adam = &trainer->adam[place - PPO];
    adam->updates = 0; // whose lower half, little-endian, is the flag
    return (const volatile sig_atomic_t*)(const volatile void*)&adam->updates;
}

// In the second rollout, in the first or the second epoch: as before, and then as never stopped.
START_TEST(stopping_half_way) {
    Place place = (Place)(_i % PLACES);
    AgentConfig config = small_distil_config();
    int before = place <= PPO ? 1 : 3 + _i / PLACES;
    AgentTrainer *trainer = small_trainer_after(&config, before),
                 *twin = small_trainer_after(&config, before);
    flag_in(twin, place); // leaves the same marks
    const volatile sig_atomic_t* stop = flag_in(trainer, place);
    uint64_t hash = small_hash(trainer);
    AgentIteration iteration;
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_trainer_iterate(trainer, stop, &iteration, why), AGENT_STOPPED);
    ck_assert_str_eq(why, "stopped");
    ck_assert_uint_eq(small_hash(trainer), hash);
    ck_assert_int_eq(iteration.phase, place <= PPO ? AGENT_PHASE_PPO : AGENT_PHASE_DISTILLATION);
    ck_assert_int_eq(iteration.matching.updates == 1, place == MATCHING);
    ck_assert_int_eq(iteration.prediction.updates == 1, place == PREDICTION);
    for (int i = 0; i < 7; i++) {
        small_iterate(trainer, &iteration);
        small_iterate(twin, &iteration);
        ck_assert_uint_eq(small_hash(trainer), small_hash(twin));
    }
    agent_trainer_destroy(trainer);
    agent_trainer_destroy(twin);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("stopping");
    TCase* c = tcase_create("stopping");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, stopping_half_way, 0, 2 * PLACES);
    suite_add_tcase(s, c);
    return s;
}
