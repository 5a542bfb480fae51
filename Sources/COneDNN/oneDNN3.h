#pragma once

// oneDNN 3: everything is opaque, and operations are described in one call.

static inline dnnl_status_t COneDNN_noLayout(COneDNN_layout *layout) {
  return dnnl_memory_desc_create_with_tag(
      layout, 0, NULL, dnnl_data_type_undef, dnnl_format_tag_undef);
}

static inline dnnl_status_t COneDNN_layoutWithTag(
    COneDNN_layout *layout, int rank, const dnnl_dims_t extents, dnnl_data_type_t type,
    dnnl_format_tag_t tag) {
  return dnnl_memory_desc_create_with_tag(layout, rank, extents, type, tag);
}

static inline dnnl_status_t COneDNN_layoutWithStrides(
    COneDNN_layout *layout, int rank, const dnnl_dims_t extents, dnnl_data_type_t type,
    const dnnl_dims_t strides) {
  return dnnl_memory_desc_create_with_strides(layout, rank, extents, type, strides);
}

static inline dnnl_status_t COneDNN_layoutOfPart(
    COneDNN_layout *layout, COneDNN_layout whole, const dnnl_dims_t extents,
    const dnnl_dims_t offsets) {
  return dnnl_memory_desc_create_submemory(layout, whole, extents, offsets);
}

static inline dnnl_status_t COneDNN_layoutPermuted(
    COneDNN_layout *layout, COneDNN_layout original, const int *order) {
  return dnnl_memory_desc_permute_axes(layout, original, order);
}

static inline dnnl_status_t COneDNN_layoutChosen(
    COneDNN_layout *layout, const_dnnl_primitive_desc_t descriptor, dnnl_query_t operand) {
  const_dnnl_memory_desc_t chosen = dnnl_primitive_desc_query_md(descriptor, operand, 0);
  return chosen ? dnnl_memory_desc_clone(layout, chosen) : COneDNN_noLayout(layout);
}

static inline void COneDNN_layoutDestroy(COneDNN_layout layout) {
  dnnl_memory_desc_destroy(layout);
}

static inline int COneDNN_layoutsEqual(COneDNN_layout left, COneDNN_layout right) {
  return dnnl_memory_desc_equal(left, right);
}

static inline size_t COneDNN_layoutSize(COneDNN_layout layout) {
  return dnnl_memory_desc_get_size(layout);
}

static inline int COneDNN_layoutRank(COneDNN_layout layout) {
  int rank = 0;
  dnnl_memory_desc_query(layout, dnnl_query_ndims_s32, &rank);
  return rank;
}

static inline const dnnl_dim_t *COneDNN_layoutExtents(COneDNN_layout layout) {
  const dnnl_dim_t *extents = NULL;
  dnnl_memory_desc_query(layout, dnnl_query_dims, &extents);
  return extents;
}

static inline dnnl_data_type_t COneDNN_layoutType(COneDNN_layout layout) {
  dnnl_data_type_t type = dnnl_data_type_undef;
  dnnl_memory_desc_query(layout, dnnl_query_data_type, &type);
  return type;
}

static inline dnnl_status_t COneDNN_memory(
    dnnl_memory_t *memory, COneDNN_layout layout, dnnl_engine_t engine, void *start) {
  return dnnl_memory_create(memory, layout, engine, start);
}

static inline dnnl_status_t COneDNN_convolution(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_forward_primitive_desc_create(
      descriptor, engine, dnnl_forward_inference, algorithm, source, weights, bias, destination,
      strides, dilations, padsBefore, padsAfter, attributes);
}

static inline dnnl_status_t COneDNN_convolutionByData(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout destination,
    const dnnl_dims_t strides, const dnnl_dims_t dilations, const dnnl_dims_t padsBefore,
    const dnnl_dims_t padsAfter, const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_backward_data_primitive_desc_create(
      descriptor, engine, algorithm, source, weights, destination, strides, dilations,
      padsBefore, padsAfter, NULL, attributes);
}

static inline dnnl_status_t COneDNN_convolutionByWeights(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_backward_weights_primitive_desc_create(
      descriptor, engine, algorithm, source, weights, bias, destination, strides, dilations,
      padsBefore, padsAfter, NULL, attributes);
}

static inline dnnl_status_t COneDNN_deconvolution(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout weights, COneDNN_layout bias,
    COneDNN_layout destination, const dnnl_dims_t strides, const dnnl_dims_t dilations,
    const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  return dnnl_deconvolution_forward_primitive_desc_create(
      descriptor, engine, dnnl_forward_inference, algorithm, source, weights, bias, destination,
      strides, dilations, padsBefore, padsAfter, attributes);
}

static inline dnnl_status_t COneDNN_pooling(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_prop_kind_t purpose,
    dnnl_alg_kind_t algorithm, COneDNN_layout source, COneDNN_layout destination,
    const dnnl_dims_t strides, const dnnl_dims_t kernel, const dnnl_dims_t padsBefore,
    const dnnl_dims_t padsAfter, const_dnnl_primitive_attr_t attributes) {
  const dnnl_dims_t dilations = {0};
  return dnnl_pooling_forward_primitive_desc_create(
      descriptor, engine, purpose, algorithm, source, destination, strides, kernel, dilations,
      padsBefore, padsAfter, attributes);
}

static inline dnnl_status_t COneDNN_poolingGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const dnnl_dims_t strides,
    const dnnl_dims_t kernel, const dnnl_dims_t padsBefore, const dnnl_dims_t padsAfter,
    const_dnnl_primitive_attr_t attributes) {
  const dnnl_dims_t dilations = {0};
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t status = COneDNN_pooling(
      &forward, engine, dnnl_forward_training, algorithm, source, destination, strides, kernel,
      padsBefore, padsAfter, attributes);
  if (status != dnnl_success) return status;
  status = dnnl_pooling_backward_primitive_desc_create(
      descriptor, engine, algorithm, source, destination, strides, kernel, dilations,
      padsBefore, padsAfter, forward, attributes);
  dnnl_primitive_desc_destroy(forward);
  return status;
}

static inline dnnl_status_t COneDNN_resampling(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const_dnnl_primitive_attr_t attributes) {
  return dnnl_resampling_forward_primitive_desc_create(
      descriptor, engine, dnnl_forward_inference, algorithm, NULL, source, destination,
      attributes);
}

static inline dnnl_status_t COneDNN_resamplingGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout source, COneDNN_layout destination, const_dnnl_primitive_attr_t attributes) {
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t status = dnnl_resampling_forward_primitive_desc_create(
      &forward, engine, dnnl_forward_training, algorithm, NULL, source, destination, attributes);
  if (status != dnnl_success) return status;
  status = dnnl_resampling_backward_primitive_desc_create(
      descriptor, engine, algorithm, NULL, source, destination, forward, attributes);
  dnnl_primitive_desc_destroy(forward);
  return status;
}

static inline dnnl_status_t COneDNN_eltwise(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout data, float alpha, float beta, const_dnnl_primitive_attr_t attributes) {
  return dnnl_eltwise_forward_primitive_desc_create(
      descriptor, engine, dnnl_forward_inference, algorithm, data, data, alpha, beta,
      attributes);
}

static inline dnnl_status_t COneDNN_eltwiseGradient(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout data, float alpha, float beta, const_dnnl_primitive_attr_t attributes) {
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t status = dnnl_eltwise_forward_primitive_desc_create(
      &forward, engine, dnnl_forward_training, algorithm, data, data, alpha, beta, attributes);
  if (status != dnnl_success) return status;
  status = dnnl_eltwise_backward_primitive_desc_create(
      descriptor, engine, algorithm, data, data, data, alpha, beta, forward, attributes);
  dnnl_primitive_desc_destroy(forward);
  return status;
}

static inline dnnl_status_t COneDNN_softmax(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout data, int axis,
    const_dnnl_primitive_attr_t attributes) {
  return dnnl_softmax_forward_primitive_desc_create(
      descriptor, engine, dnnl_forward_inference, dnnl_softmax_accurate, data, data, axis,
      attributes);
}

static inline dnnl_status_t COneDNN_binary(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    COneDNN_layout left, COneDNN_layout right, COneDNN_layout destination,
    const_dnnl_primitive_attr_t attributes) {
  return dnnl_binary_primitive_desc_create(
      descriptor, engine, algorithm, left, right, destination, attributes);
}

static inline dnnl_status_t COneDNN_concat(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout destination,
    int count, int axis, const COneDNN_layout *sources, const_dnnl_primitive_attr_t attributes) {
  return dnnl_concat_primitive_desc_create(
      descriptor, engine, destination, count, axis, (const_dnnl_memory_desc_t const *)sources,
      attributes);
}

static inline dnnl_status_t COneDNN_reorder(
    dnnl_primitive_desc_t *descriptor, dnnl_engine_t engine, COneDNN_layout source,
    COneDNN_layout destination, const_dnnl_primitive_attr_t attributes) {
  return dnnl_reorder_primitive_desc_create(
      descriptor, source, engine, destination, engine, attributes);
}

static inline dnnl_status_t COneDNN_appendEltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta) {
  return dnnl_post_ops_append_eltwise(operations, algorithm, alpha, beta);
}

static inline dnnl_status_t COneDNN_appendSum(
    dnnl_post_ops_t operations, float scale, int32_t zeroPoint, dnnl_data_type_t type) {
  return dnnl_post_ops_append_sum(operations, scale, zeroPoint, type);
}

static inline dnnl_status_t COneDNN_appendBinary(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, COneDNN_layout operand) {
  return dnnl_post_ops_append_binary(operations, algorithm, operand);
}

static inline dnnl_status_t COneDNN_setSourceScale(dnnl_primitive_attr_t attributes, float scale) {
  (void)scale;
  return dnnl_primitive_attr_set_scales_mask(attributes, DNNL_ARG_SRC, 0);
}

static inline int COneDNN_sourceScaleArgument(void) {
  return DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC;
}

static inline dnnl_status_t COneDNN_setOutputScales(
    dnnl_primitive_attr_t attributes, dnnl_post_ops_t operations, int count, const float *scales) {
  (void)attributes;
  (void)scales;
  dnnl_memory_desc_t channels = NULL;
  const dnnl_dims_t extents = {1, count, 1, 1};
  dnnl_status_t status =
      dnnl_memory_desc_create_with_tag(&channels, 4, extents, dnnl_f32, dnnl_abcd);
  if (status != dnnl_success) return status;
  status = dnnl_post_ops_append_binary(operations, dnnl_binary_mul, channels);
  dnnl_memory_desc_destroy(channels);
  return status;
}

static inline int COneDNN_outputScalesArgument(void) { return COneDNN_postOpOperand(0); }

static inline dnnl_status_t COneDNN_setZeroPoint(
    dnnl_primitive_attr_t attributes, int argument, int32_t zeroPoint) {
  (void)zeroPoint;
  return dnnl_primitive_attr_set_zero_points_mask(attributes, argument, 0);
}

static inline int COneDNN_zeroPointArgument(int argument) {
  return DNNL_ARG_ATTR_ZERO_POINTS | argument;
}
