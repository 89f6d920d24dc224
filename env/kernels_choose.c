// Which variant of the loops runs: the widest that was built and that the processor offers.
#include <string.h>

#include "env/kernels.h"

extern const EnvKernels env_kernels_base;
#ifdef ENV_AVX2
extern const EnvKernels env_kernels_avx2;
#endif
#ifdef ENV_AVX512
extern const EnvKernels env_kernels_avx512;
#endif

static const EnvKernels* avx2(void) { // NULL when the build or the processor lacks it
#ifdef ENV_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return &env_kernels_avx2;
    }
#endif
    return NULL;
}

static const EnvKernels* avx512(void) {
#ifdef ENV_AVX512
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return &env_kernels_avx512;
    }
#endif
    return NULL;
}

const EnvKernels* env_kernels(void) {
    const EnvKernels* kernels = avx512();
    kernels = kernels ? kernels : avx2();
    return kernels ? kernels : &env_kernels_base;
}

const EnvKernels* env_kernels_by_name(const char* name) {
    return strcmp(name, "avx512") == 0 ? avx512()
           : strcmp(name, "avx2") == 0 ? avx2()
           : strcmp(name, "base") == 0 ? &env_kernels_base
                                       : NULL;
}
