#pragma once

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

// omp.h belongs to GCC and is not on Clang's search path; libgomp's ABI is stable.
extern void omp_set_num_threads(int threads);

// Function-like macros do not import.
static inline int COneDNN_postOpOperand(int index) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1;
}
