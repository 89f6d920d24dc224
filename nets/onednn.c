// What oneDNN offers beside maps: its threads, the processor's number formats, a plain product.
#include <assert.h>

#include "nets/onednn.h"

#ifdef NETS_ONEDNN
#include <omp.h>

int net_onednn_single_thread(void) {
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    return threads;
}

void net_onednn_restore_threads(int threads) {
    omp_set_num_threads(threads);
}

static bool offers(dnnl_cpu_isa_t isa) {
    return ((unsigned)dnnl_get_effective_cpu_isa() & (unsigned)isa) == (unsigned)isa;
}

NetBf16 net_onednn_bf16(void) {
    bool fast = offers(dnnl_cpu_isa_avx512_core_amx);
#ifdef __x86_64__
    // AMD's processors multiply pairs of bfloat16 as often per cycle as they do floats.
    fast = fast || __builtin_cpu_is("amd");
#endif
    return !offers(dnnl_cpu_isa_avx512_core_bf16) ? NET_BF16_NONE
           : fast                                 ? NET_BF16_FAST
                                                  : NET_BF16_SLOW;
}

void net_product_onednn(bool trans_a, bool trans_b, size_t rows, size_t columns, size_t inner,
                        const NetReal* a, size_t lda, const NetReal* b, size_t ldb, bool accumulate,
                        NetReal* c) {
    dnnl_status_t status = dnnl_sgemm(trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', (dnnl_dim_t)rows,
                                      (dnnl_dim_t)columns, (dnnl_dim_t)inner, 1, a, (dnnl_dim_t)lda,
                                      b, (dnnl_dim_t)ldb, accumulate, c, (dnnl_dim_t)columns);
    assert(status == dnnl_success);
    (void)status;
}
#endif
