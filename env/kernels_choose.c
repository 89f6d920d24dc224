// Which variant of the loops runs: the widest that was built and that the processor offers.
#include <string.h>

#include "env/kernels.h"

extern const EnvKernels env_kernels_base;
#ifdef __x86_64__
extern const EnvKernels env_kernels_avx2, env_kernels_avx512;

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2");
}
static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

const EnvKernels* env_kernels(void) {
#ifdef __x86_64__
    return has_avx512() ? &env_kernels_avx512 : has_avx2() ? &env_kernels_avx2 : &env_kernels_base;
#else
    return &env_kernels_base;
#endif
}

const EnvKernels* env_kernels_by_name(const char* name) {
#ifdef __x86_64__
    if (strcmp(name, "avx2") == 0) {
        return has_avx2() ? &env_kernels_avx2 : NULL;
    }
    if (strcmp(name, "avx512") == 0) {
        return has_avx512() ? &env_kernels_avx512 : NULL;
    }
#endif
    return strcmp(name, "base") == 0 ? &env_kernels_base : NULL;
}
