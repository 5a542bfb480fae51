#pragma once

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

// omp.h belongs to GCC and is not on Clang's search path; libgomp's ABI is stable. GOMP_parallel is
// what `#pragma omp parallel` compiles to.
extern void omp_set_num_threads(int threads);
extern int omp_get_num_threads(void);
extern int omp_get_thread_num(void);
extern void GOMP_parallel(
    void (*body)(void *), void *data, unsigned threads, unsigned flags);

// Function-like macros do not import.
static inline int COneDNN_postOpOperand(int index) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1;
}
