// What running a plan takes from the heap: nothing with BLAS (not counting what OpenBLAS's kernels
// for small products take for themselves with AVX-512), lists of some hundred bytes with oneDNN
// (which makes and frees them per call). Every function of malloc's family is replaced by one that
// counts and passes on.
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/nets/networks.h"
#include "tests/suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
enum { COUNTING = 0 }; // the sanitizers bring a heap of their own
static atomic_long allocations, largest;
#else
enum { COUNTING = 1 };
static atomic_long allocations, largest; // calls; bytes of one

// caller: where the call returns to
static void count(size_t size, const void* caller) {
    Dl_info library;
    if (dladdr(caller, &library) && library.dli_fname && strstr(library.dli_fname, "libopenblas")) {
        return;
    }
    allocations++;
    largest = (long)size > largest ? (long)size : largest;
}

// NOLINTBEGIN(bugprone-reserved-identifier): glibc's own names for its heap
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t number, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
// NOLINTEND(bugprone-reserved-identifier)

#define EXPORT __attribute__((visibility("default"))) // libraries must find them, too
EXPORT void* malloc(size_t size) {
    count(size, __builtin_return_address(0));
    return __libc_malloc(size);
}
EXPORT void* calloc(size_t number, size_t size) {
    count(number * size, __builtin_return_address(0));
    return __libc_calloc(number, size);
}
EXPORT void* realloc(void* old, size_t size) {
    count(size, __builtin_return_address(0));
    return __libc_realloc(old, size);
}
EXPORT void* aligned_alloc(size_t alignment, size_t size) {
    count(size, __builtin_return_address(0));
    return __libc_memalign(alignment, size);
}
EXPORT int posix_memalign(void** room, size_t alignment, size_t size) {
    count(size, __builtin_return_address(0));
    *room = __libc_memalign(alignment, size);
    return *room ? 0 : ENOMEM;
}
#endif

START_TEST(allocations_are_counted) { // or the tests below would prove nothing
    long before = allocations;
    void* volatile room = malloc(100);
    free(room);
    room = aligned_alloc(64, 128);
    free(room);
    largest = 0;
    Network n = network_create(2);
    ck_assert_int_ge(largest, COUNTING ? 1000 : 0);
    ck_assert_int_ge(allocations - before, COUNTING ? 3 : 0);
    network_destroy(&n);
    if (!COUNTING) {
        printf("skipped: the heap of this build cannot be watched\n");
    }
}
END_TEST

static long allocations_of_a_pass(int number, PlanChoice choice, int32_t rows) {
    Network n = network_create(number);
    Batch batch = batch_create(&n, rows, 1);
    NetPlan* plan = plan_of(&n, rows, true, choice);
    Result warm = result_of(&n, plan, &batch, 0, rows, true); // libraries may set up once
    fill_inputs(&n, plan, &batch, 0, rows);
    long before = allocations;
    largest = 0;
    net_plan_load(plan, batch.weights);
    net_plan_forward(plan, rows);
    fill_d_outputs(&n, plan, &batch, 0, rows);
    net_plan_backward(plan, warm.gradient);
    long taken = allocations - before;
    result_destroy(&warm);
    net_plan_destroy(plan);
    batch_destroy(&batch);
    network_destroy(&n);
    return taken;
}

START_TEST(blas_plans_take_nothing) {
    PlanChoice choice = {NET_BACKEND_BLAS, NET_DTYPE_F32};
    ck_assert_int_eq(allocations_of_a_pass(_i, choice, 5), 0);
}
END_TEST

// Arguments of each call, whatever the rows; never the tensors' room.
START_TEST(onednn_plans_take_little) {
    PlanChoice choice = {NET_BACKEND_ONEDNN, _i % 2 ? NET_DTYPE_BF16 : NET_DTYPE_F32};
    if (plan_exists(choice)) {
        long few = allocations_of_a_pass(_i / 2, choice, 2);
        long many = allocations_of_a_pass(_i / 2, choice, 32);
        ck_assert_int_le(largest, 4096);
        ck_assert_int_le(many, few + few / 4);
    }
}
END_TEST

// Acting with a memory: steps, chunks' ends and episodes' ends. (The model's plans take BLAS.)
START_TEST(steps_with_a_memory_take_nothing) {
    NetCcmConfig config = model_config();
    config.merge = _i;
    Model model = model_create(&config, CCM_NO_FAULT, 1);
    NetCcm* ccm = model_online(&model, 3);
    net_ccm_step(ccm); // libraries may set up once
    net_ccm_close(ccm, NULL);
    long before = allocations;
    for (int step = 0; step < 200; step++) {
        net_ccm_step(ccm);
        if (step % 4 == 3) {
            net_ccm_close(ccm, NULL);
        }
        if (step % 17 == 0) {
            net_ccm_reset(ccm, step % 3);
        }
    }
    ck_assert_int_eq(allocations - before, 0);
    net_ccm_destroy(ccm);
    model_destroy(&model);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("allocation");
    TCase* tests = tcase_create("heap");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, allocations_are_counted);
    tcase_add_loop_test(tests, blas_plans_take_nothing, 0, NETWORKS);
    tcase_add_loop_test(tests, onednn_plans_take_little, 0, 2 * NETWORKS);
    tcase_add_loop_test(tests, steps_with_a_memory_take_nothing, 0, 2);
    suite_add_tcase(s, tests);
    return s;
}
