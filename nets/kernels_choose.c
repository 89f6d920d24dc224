// Which variant of the loops runs: the widest that was built and that the processor offers.
#include <string.h>

#include "nets/attend.h"
#include "nets/direct.h"
#include "nets/kernels.h"
#include "nets/winograd.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

extern const NetKernels net_kernels_base, net_kernels_base_half;
extern const NetWinograd net_winograd_base;
extern const NetAttend net_attend_base;
#ifdef __x86_64__
extern const NetKernels net_kernels_avx2, net_kernels_avx2_half;
extern const NetKernels net_kernels_avx512, net_kernels_avx512_half;
extern const NetWinograd net_winograd_avx2, net_winograd_avx512;
extern const NetDirect net_direct_avx2, net_direct_avx512, net_direct_bf16;
extern const NetAttend net_attend_avx2, net_attend_avx512;

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

const NetKernels* net_kernels_by_name(const char* name, bool half) {
    if (strcmp(name, "base") == 0) {
        return half ? &net_kernels_base_half : &net_kernels_base;
    }
#ifdef __x86_64__
    if (strcmp(name, "avx2") == 0 && has_avx2()) {
        return half ? &net_kernels_avx2_half : &net_kernels_avx2;
    }
    if (strcmp(name, "avx512") == 0 && has_avx512()) {
        return half ? &net_kernels_avx512_half : &net_kernels_avx512;
    }
#endif
    return NULL;
}

const NetKernels* net_kernels(bool half) {
    static const char* const widest_first[] = {"avx512", "avx2", "base"};
    const NetKernels* kernels = NULL;
    for (int i = 0; !kernels; i++) {
        kernels = net_kernels_by_name(widest_first[i], half);
    }
    return kernels;
}

const NetWinograd* net_winograd(void) {
#ifdef __x86_64__
    return has_avx512() ? &net_winograd_avx512
           : has_avx2() ? &net_winograd_avx2
                        : &net_winograd_base;
#else
    return &net_winograd_base;
#endif
}

#ifdef __x86_64__
static bool has_tiles(void) { // AMX with bfloat16
    unsigned a, b, c, d;
    return has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1) &&
           (d >> 24 & 1);
}
static bool has_bf16(void) {
    unsigned a, b, c, d;
    return has_avx512() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1);
}
#endif

const NetDirect* net_direct_by_name(const char* name, bool half) {
#if defined(__x86_64__) && !defined(NETS_DOUBLE)
    if (strcmp(name, "avx2") == 0 && has_avx2() && !half) {
        return &net_direct_avx2;
    }
    if (strcmp(name, "avx512") == 0 && (half ? has_bf16() : has_avx512())) {
        return half ? &net_direct_bf16 : &net_direct_avx512;
    }
#else
    (void)name;
    (void)half;
#endif
    return NULL;
}

const NetDirect* net_direct(bool half) {
#ifdef __x86_64__
    if (half && has_tiles()) { // oneDNN's are faster by those
        return NULL;
    }
#endif
    const NetDirect* wide = net_direct_by_name("avx512", half);
    return wide ? wide : net_direct_by_name("avx2", half);
}

const NetAttend* net_attend_by_name(const char* name) {
    if (strcmp(name, "base") == 0) {
        return &net_attend_base;
    }
#ifdef __x86_64__
    if (strcmp(name, "avx2") == 0 && has_avx2()) {
        return &net_attend_avx2;
    }
    if (strcmp(name, "avx512") == 0 && has_avx512()) {
        return &net_attend_avx512;
    }
#endif
    return NULL;
}

const NetAttend* net_attend(void) {
    const NetAttend* wide = net_attend_by_name("avx512");
    wide = wide ? wide : net_attend_by_name("avx2");
    return wide ? wide : &net_attend_base;
}

const char* net_instruction_set(void) {
#ifdef __x86_64__
    if (has_tiles()) {
        return "amx_bf16";
    }
    if (has_bf16()) {
        return "avx512_bf16";
    }
    return has_avx512() ? "avx512" : has_avx2() ? "avx2" : "x86_64";
#else
    return "portable";
#endif
}
