#pragma once

#include <stdlib.h>

// oneDNN 2: memory descriptors are structures, which are kept on the heap here, and operations
// have descriptors of their own.

static inline dnnl_memory_desc_t *COneDNN_raw(COneDNN_layout layout) {
  return (dnnl_memory_desc_t *)layout;
}

/// Space for a descriptor, zeroed: that of no memory.
static inline dnnl_status_t COneDNN_noLayout(COneDNN_layout *layout) {
  *layout = (COneDNN_layout)calloc(1, sizeof(dnnl_memory_desc_t));
  return *layout ? dnnl_success : dnnl_out_of_memory;
}

/// `status`, and where it is a failure no layout.
static inline dnnl_status_t COneDNN_layoutMade(COneDNN_layout *layout, dnnl_status_t status) {
  if (status == dnnl_success) return status;
  free(*layout);
  *layout = NULL;
  return status;
}

static inline dnnl_status_t COneDNN_layoutWithTag(
    COneDNN_layout *layout, int rank, const dnnl_dims_t extents, dnnl_data_type_t type,
    dnnl_format_tag_t tag) {
  dnnl_status_t status = COneDNN_noLayout(layout);
  if (status != dnnl_success) return status;
  return COneDNN_layoutMade(
      layout, dnnl_memory_desc_init_by_tag(COneDNN_raw(*layout), rank, extents, type, tag));
}

static inline dnnl_status_t COneDNN_layoutWithStrides(
    COneDNN_layout *layout, int rank, const dnnl_dims_t extents, dnnl_data_type_t type,
    const dnnl_dims_t strides) {
  dnnl_status_t status = COneDNN_noLayout(layout);
  if (status != dnnl_success) return status;
  return COneDNN_layoutMade(
      layout,
      dnnl_memory_desc_init_by_strides(COneDNN_raw(*layout), rank, extents, type, strides));
}

static inline dnnl_status_t COneDNN_layoutOfPart(
    COneDNN_layout *layout, COneDNN_layout whole, const dnnl_dims_t extents,
    const dnnl_dims_t offsets) {
  dnnl_status_t status = COneDNN_noLayout(layout);
  if (status != dnnl_success) return status;
  return COneDNN_layoutMade(
      layout, dnnl_memory_desc_init_submemory(
                  COneDNN_raw(*layout), COneDNN_raw(whole), extents, offsets));
}

static inline dnnl_status_t COneDNN_layoutPermuted(
    COneDNN_layout *layout, COneDNN_layout original, const int *order) {
  dnnl_status_t status = COneDNN_noLayout(layout);
  if (status != dnnl_success) return status;
  return COneDNN_layoutMade(
      layout,
      dnnl_memory_desc_permute_axes(COneDNN_raw(*layout), COneDNN_raw(original), order));
}

static inline dnnl_status_t COneDNN_layoutChosen(
    COneDNN_layout *layout, const_dnnl_primitive_desc_t descriptor, dnnl_query_t operand) {
  dnnl_status_t status = COneDNN_noLayout(layout);
  const dnnl_memory_desc_t *chosen = dnnl_primitive_desc_query_md(descriptor, operand, 0);
  if (status == dnnl_success && chosen) *COneDNN_raw(*layout) = *chosen;
  return status;
}

static inline void COneDNN_layoutDestroy(COneDNN_layout layout) { free(layout); }

static inline int COneDNN_layoutsEqual(COneDNN_layout left, COneDNN_layout right) {
  return dnnl_memory_desc_equal(COneDNN_raw(left), COneDNN_raw(right));
}

static inline size_t COneDNN_layoutSize(COneDNN_layout layout) {
  return dnnl_memory_desc_get_size(COneDNN_raw(layout));
}

static inline int COneDNN_layoutRank(COneDNN_layout layout) { return COneDNN_raw(layout)->ndims; }

static inline const dnnl_dim_t *COneDNN_layoutExtents(COneDNN_layout layout) {
  return COneDNN_raw(layout)->dims;
}

static inline dnnl_data_type_t COneDNN_layoutType(COneDNN_layout layout) {
  return COneDNN_raw(layout)->data_type;
}

static inline dnnl_status_t COneDNN_memory(
    dnnl_memory_t *memory, COneDNN_layout layout, dnnl_engine_t engine, void *start) {
  return dnnl_memory_create(memory, COneDNN_raw(layout), engine, start);
}

/// The primitive descriptor of an operation whose own descriptor was made with `status`.
static inline dnnl_status_t COneDNN_describe(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_status_t status,
    const_dnnl_op_desc_t operation, const_dnnl_primitive_attr_t attributes) {
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(descriptor, operation, attributes, engine, NULL);
}

/// The same for a gradient, whose operation run forwards was described with `forwardStatus`.
static inline dnnl_status_t COneDNN_describeGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_status_t forwardStatus,
    const_dnnl_op_desc_t forward, dnnl_status_t status, const_dnnl_op_desc_t operation,
    const_dnnl_primitive_attr_t attributes) {
  if (status != dnnl_success) return status;
  dnnl_primitive_desc_t hint = NULL;
  status = COneDNN_describe(&hint, engine, forwardStatus, forward, attributes);
  if (status != dnnl_success) return status;
  status = dnnl_primitive_desc_create(descriptor, operation, attributes, engine, hint);
  dnnl_primitive_desc_destroy(hint);
  return status;
}

static inline dnnl_status_t COneDNN_convolution(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, COneDNN_raw(source), COneDNN_raw(weights),
      COneDNN_raw(bias), COneDNN_raw(destination), strides, dilations, padsBefore, padsAfter);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_convolutionByData(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout destination,
    const dnnl_dims_t strides, const dnnl_dims_t dilations, const dnnl_dims_t padsBefore,
    const dnnl_dims_t padsAfter, const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(
      &operation, algorithm, COneDNN_raw(source), COneDNN_raw(weights),
      COneDNN_raw(destination), strides, dilations, padsBefore, padsAfter);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_convolutionByWeights(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
      &operation, algorithm, COneDNN_raw(source), COneDNN_raw(weights), COneDNN_raw(bias),
      COneDNN_raw(destination), strides, dilations, padsBefore, padsAfter);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_deconvolution(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_deconvolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_deconvolution_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, COneDNN_raw(source), COneDNN_raw(weights),
      COneDNN_raw(bias), COneDNN_raw(destination), strides, dilations, padsBefore, padsAfter);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_pooling(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_prop_kind_t purpose,
    dnnl_alg_kind_t algorithm, COneDNN_layout source, COneDNN_layout destination,
    const dnnl_dims_t strides, const dnnl_dims_t kernel, const dnnl_dims_t padsBefore,
    const dnnl_dims_t padsAfter, const_dnnl_primitive_attr_t attributes) {
  dnnl_pooling_desc_t operation;
  dnnl_status_t status = dnnl_pooling_forward_desc_init(
      &operation, purpose, algorithm, COneDNN_raw(source), COneDNN_raw(destination), strides,
      kernel, padsBefore, padsAfter);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_poolingGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const dnnl_dims_t strides,
    const dnnl_dims_t kernel, const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_pooling_desc_t forward, operation;
  dnnl_status_t forwardStatus = dnnl_pooling_forward_desc_init(
      &forward, dnnl_forward_training, algorithm, COneDNN_raw(source), COneDNN_raw(destination),
      strides, kernel, padsBefore, padsAfter);
  dnnl_status_t status = dnnl_pooling_backward_desc_init(
      &operation, algorithm, COneDNN_raw(source), COneDNN_raw(destination), strides, kernel,
      padsBefore, padsAfter);
  return COneDNN_describeGradient(
      descriptor, engine, forwardStatus, &forward, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_resampling(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const_dnnl_primitive_attr_t attributes) {
  dnnl_resampling_desc_t operation;
  dnnl_status_t status = dnnl_resampling_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, NULL, COneDNN_raw(source),
      COneDNN_raw(destination));
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_resamplingGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const_dnnl_primitive_attr_t attributes) {
  dnnl_resampling_desc_t forward, operation;
  dnnl_status_t forwardStatus = dnnl_resampling_forward_desc_init(
      &forward, dnnl_forward_training, algorithm, NULL, COneDNN_raw(source),
      COneDNN_raw(destination));
  dnnl_status_t status = dnnl_resampling_backward_desc_init(
      &operation, algorithm, NULL, COneDNN_raw(source), COneDNN_raw(destination));
  return COneDNN_describeGradient(
      descriptor, engine, forwardStatus, &forward, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_eltwise(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout data, float alpha, float beta, const_dnnl_primitive_attr_t attributes) {
  dnnl_eltwise_desc_t operation;
  dnnl_status_t status = dnnl_eltwise_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, COneDNN_raw(data), alpha, beta);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_eltwiseGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout data, float alpha, float beta, const_dnnl_primitive_attr_t attributes) {
  dnnl_eltwise_desc_t forward, operation;
  dnnl_status_t forwardStatus = dnnl_eltwise_forward_desc_init(
      &forward, dnnl_forward_training, algorithm, COneDNN_raw(data), alpha, beta);
  dnnl_status_t status = dnnl_eltwise_backward_desc_init(
      &operation, algorithm, COneDNN_raw(data), COneDNN_raw(data), alpha, beta);
  return COneDNN_describeGradient(
      descriptor, engine, forwardStatus, &forward, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_softmax(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout data, int axis,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_softmax_desc_t operation;
  dnnl_status_t status = dnnl_softmax_forward_desc_init(
      &operation, dnnl_forward_inference, COneDNN_raw(data), axis);
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_binary(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout left, COneDNN_layout right, COneDNN_layout destination,
    const_dnnl_primitive_attr_t attributes) {
  dnnl_binary_desc_t operation;
  dnnl_status_t status = dnnl_binary_desc_init(
      &operation, algorithm, COneDNN_raw(left), COneDNN_raw(right), COneDNN_raw(destination));
  return COneDNN_describe(descriptor, engine, status, &operation, attributes);
}

static inline dnnl_status_t COneDNN_concat(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout destination,
    int count, int axis, const COneDNN_layout *sources, const_dnnl_primitive_attr_t attributes) {
  dnnl_memory_desc_t *raw = (dnnl_memory_desc_t *)calloc((size_t)count, sizeof *raw);
  if (!raw) return dnnl_out_of_memory;
  for (int index = 0; index < count; ++index) raw[index] = *COneDNN_raw(sources[index]);
  dnnl_status_t status = dnnl_concat_primitive_desc_create(
      descriptor, COneDNN_raw(destination), count, axis, raw, attributes, engine);
  free(raw);
  return status;
}

static inline dnnl_status_t COneDNN_reorder(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout source,
    COneDNN_layout destination, const_dnnl_primitive_attr_t attributes) {
  return dnnl_reorder_primitive_desc_create(
      descriptor, COneDNN_raw(source), engine, COneDNN_raw(destination), engine, attributes);
}

static inline dnnl_status_t COneDNN_appendEltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta) {
  return dnnl_post_ops_append_eltwise(operations, 1, algorithm, alpha, beta);
}

static inline dnnl_status_t COneDNN_appendSum(
    dnnl_post_ops_t operations, float scale, int32_t zeroPoint, dnnl_data_type_t type) {
  return dnnl_post_ops_append_sum_v3(operations, scale, zeroPoint, type);
}

static inline dnnl_status_t COneDNN_appendBinary(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, COneDNN_layout operand) {
  return dnnl_post_ops_append_binary(operations, algorithm, COneDNN_raw(operand));
}

static inline dnnl_status_t COneDNN_setSourceScale(dnnl_primitive_attr_t attributes, float scale) {
  return dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &scale);
}

static inline int COneDNN_sourceScaleArgument(void) { return 0; }

static inline dnnl_status_t COneDNN_setOutputScales(
    dnnl_primitive_attr_t attributes, dnnl_post_ops_t operations, int count, const float *scales) {
  (void)operations;
  return dnnl_primitive_attr_set_output_scales(
      attributes, count, count == 1 ? 0 : 1 << 1, scales);
}

static inline int COneDNN_outputScalesArgument(void) { return 0; }

static inline dnnl_status_t COneDNN_setZeroPoint(
    dnnl_primitive_attr_t attributes, int argument, int32_t zeroPoint) {
  return dnnl_primitive_attr_set_zero_points(attributes, argument, 1, 0, &zeroPoint);
}

static inline int COneDNN_zeroPointArgument(int argument) {
  (void)argument;
  return 0;
}
