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

// What differs between oneDNN 2 and 3 is declared here, after oneDNN 3, and defined for each in a
// header of its own.

/// A memory descriptor that its owner destroys.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t COneDNN_layout;
#else
typedef struct COneDNN_memory_desc *COneDNN_layout;
#endif

/// The descriptor of no memory at all.
static inline dnnl_status_t COneDNN_noLayout(COneDNN_layout *layout);
static inline dnnl_status_t COneDNN_layoutWithTag(
    COneDNN_layout *layout, int rank, const dnnl_dims_t extents, dnnl_data_type_t type,
    dnnl_format_tag_t tag);
static inline dnnl_status_t COneDNN_layoutWithStrides(
    COneDNN_layout *layout, int rank, const dnnl_dims_t extents, dnnl_data_type_t type,
    const dnnl_dims_t strides);
static inline dnnl_status_t COneDNN_layoutOfPart(
    COneDNN_layout *layout, COneDNN_layout whole, const dnnl_dims_t extents,
    const dnnl_dims_t offsets);
static inline dnnl_status_t COneDNN_layoutPermuted(
    COneDNN_layout *layout, COneDNN_layout original, const int *order);
/// The layout that was chosen for an operand; that of no memory where there is no such operand.
static inline dnnl_status_t COneDNN_layoutChosen(
    COneDNN_layout *layout, const_dnnl_primitive_desc_t descriptor, dnnl_query_t operand);
static inline void COneDNN_layoutDestroy(COneDNN_layout layout);
static inline int COneDNN_layoutsEqual(COneDNN_layout left, COneDNN_layout right);
static inline size_t COneDNN_layoutSize(COneDNN_layout layout);
static inline int COneDNN_layoutRank(COneDNN_layout layout);
static inline const dnnl_dim_t *COneDNN_layoutExtents(COneDNN_layout layout);
static inline dnnl_data_type_t COneDNN_layoutType(COneDNN_layout layout);

static inline dnnl_status_t COneDNN_memory(
    dnnl_memory_t *memory, COneDNN_layout layout, dnnl_engine_t engine, void *start);

static inline dnnl_status_t COneDNN_convolution(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_deconvolution(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes);
/// The gradient of a convolution by its source.
static inline dnnl_status_t COneDNN_convolutionByData(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout destination,
    const dnnl_dims_t strides, const dnnl_dims_t dilations, const dnnl_dims_t padsBefore,
    const dnnl_dims_t padsAfter, const_dnnl_primitive_attr_t attributes);
/// The gradients of a convolution by its weights and its bias.
static inline dnnl_status_t COneDNN_convolutionByWeights(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes);
/// Windows without dilations. What is run for training leaves a workspace for its gradient.
static inline dnnl_status_t COneDNN_pooling(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_prop_kind_t purpose,
    dnnl_alg_kind_t algorithm, COneDNN_layout source, COneDNN_layout destination,
    const dnnl_dims_t strides, const dnnl_dims_t kernel, const dnnl_dims_t padsBefore,
    const dnnl_dims_t padsAfter, const_dnnl_primitive_attr_t attributes);
/// The gradient of a pooling by its source.
static inline dnnl_status_t COneDNN_poolingGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const dnnl_dims_t strides,
    const dnnl_dims_t kernel, const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_resampling(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const_dnnl_primitive_attr_t attributes);
/// The gradient of a resampling by its source.
static inline dnnl_status_t COneDNN_resamplingGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_eltwise(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout data, float alpha, float beta, const_dnnl_primitive_attr_t attributes);
/// The gradient of a function of each element; it and what it is computed from lie like `data`.
static inline dnnl_status_t COneDNN_eltwiseGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout data, float alpha, float beta, const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_softmax(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout data, int axis,
    const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_binary(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout left, COneDNN_layout right, COneDNN_layout destination,
    const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_concat(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout destination,
    int count, int axis, const COneDNN_layout *sources, const_dnnl_primitive_attr_t attributes);
static inline dnnl_status_t COneDNN_reorder(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout source,
    COneDNN_layout destination, const_dnnl_primitive_attr_t attributes);

static inline dnnl_status_t COneDNN_appendEltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta);
static inline dnnl_status_t COneDNN_appendSum(
    dnnl_post_ops_t operations, float scale, int32_t zeroPoint, dnnl_data_type_t type);
static inline dnnl_status_t COneDNN_appendBinary(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, COneDNN_layout operand);

// oneDNN 2 gets scales and zero points with the attributes, oneDNN 3 with each run, as arguments
// that the following functions name; 0: there is no such argument.

/// What a source is multiplied by, less its zero point.
static inline dnnl_status_t COneDNN_setSourceScale(dnnl_primitive_attr_t attributes, float scale);
static inline int COneDNN_sourceScaleArgument(void);
/// What the sums of an image's convolution are multiplied by, with the bias, by channel; to be set
/// before something is appended to `operations`. In oneDNN 3 this is the first of these, as its
/// scales would leave out the bias.
static inline dnnl_status_t COneDNN_setOutputScales(
    dnnl_primitive_attr_t attributes, dnnl_post_ops_t operations, int count, const float *scales);
static inline int COneDNN_outputScalesArgument(void);
static inline dnnl_status_t COneDNN_setZeroPoint(
    dnnl_primitive_attr_t attributes, int argument, int32_t zeroPoint);
static inline int COneDNN_zeroPointArgument(int argument);

// Function-like macros do not import.
static inline int COneDNN_postOpOperand(int index) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1;
}

#if DNNL_VERSION_MAJOR >= 3
#include "oneDNN3.h"
#else
#include "oneDNN2.h"
#endif
