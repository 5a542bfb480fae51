import COneDNN
import Execution

extension SlidingWindow {
  /// A convolution; Winograd's algorithm rounds otherwise than the direct one. Wraps
  /// `dnnl_convolution_forward_primitive_desc_create`.
  func convolution(
    _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct, from source: MemoryDescriptor,
    weights: MemoryDescriptor, bias: MemoryDescriptor, to destination: MemoryDescriptor
  ) -> PrimitiveOperation {
    let (strides, holes) = (Self.extents(strides), holes)
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation("COneDNN_convolution", [source, weights, bias, destination]) {
      unsafe COneDNN_convolution(
        $0, $1, algorithm, $2[0], $2[1], $2[2], $2[3], strides, holes, before, after, $3)
    }
  }

  /// The gradient of a convolution by `source`. Wraps
  /// `dnnl_convolution_backward_data_primitive_desc_create`.
  func convolutionGradient(
    _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct, by source: MemoryDescriptor,
    weights: MemoryDescriptor, of destination: MemoryDescriptor
  ) -> PrimitiveOperation {
    let (strides, holes) = (Self.extents(strides), holes)
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation("COneDNN_convolutionByData", [source, weights, destination]) {
      unsafe COneDNN_convolutionByData(
        $0, $1, algorithm, $2[0], $2[1], $2[2], strides, holes, before, after, $3)
    }
  }

  /// The gradients of a convolution of `source` by its weights and its bias. Wraps `dnnl_convolution_backward_weights_primitive_desc_create`.
  func convolutionGradients(
    _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct, of destination: MemoryDescriptor,
    source: MemoryDescriptor, byWeights weights: MemoryDescriptor,
    bias: MemoryDescriptor
  ) -> PrimitiveOperation {
    let (strides, holes) = (Self.extents(strides), holes)
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation(
      "COneDNN_convolutionByWeights", [source, weights, bias, destination]
    ) {
      unsafe COneDNN_convolutionByWeights(
        $0, $1, algorithm, $2[0], $2[1], $2[2], $2[3], strides, holes, before, after, $3)
    }
  }

  /// The transpose of a convolution by the direct algorithm. Wraps
  /// `dnnl_deconvolution_forward_primitive_desc_create`.
  func transposedConvolution(
    from source: MemoryDescriptor, weights: MemoryDescriptor, bias: MemoryDescriptor,
    to destination: MemoryDescriptor
  ) -> PrimitiveOperation {
    let (strides, holes) = (Self.extents(strides), holes)
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation(
      "COneDNN_deconvolution", [source, weights, bias, destination]
    ) {
      unsafe COneDNN_deconvolution(
        $0, $1, dnnl_deconvolution_direct, $2[0], $2[1], $2[2], $2[3], strides, holes, before,
        after, $3)
    }
  }

  /// A pooling, which `algorithm` says more of, of windows without dilations. Wraps
  /// `dnnl_pooling_forward_primitive_desc_create`.
  func pooling(
    _ algorithm: dnnl_alg_kind_t, from source: MemoryDescriptor, to destination: MemoryDescriptor,
    for purpose: dnnl_prop_kind_t = dnnl_forward_inference
  ) -> PrimitiveOperation {
    let (strides, kernel) = (Self.extents(strides), Self.extents(kernel))
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation("COneDNN_pooling", [source, destination]) {
      unsafe COneDNN_pooling(
        $0, $1, purpose, algorithm, $2[0], $2[1], strides, kernel, before, after, $3)
    }
  }

  /// The gradient of a pooling by `source`. Wraps `dnnl_pooling_backward_primitive_desc_create`.
  func poolingGradient(
    _ algorithm: dnnl_alg_kind_t, by source: MemoryDescriptor, of destination: MemoryDescriptor
  ) -> PrimitiveOperation {
    let (strides, kernel) = (Self.extents(strides), Self.extents(kernel))
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation("COneDNN_poolingGradient", [source, destination]) {
      unsafe COneDNN_poolingGradient(
        $0, $1, algorithm, $2[0], $2[1], strides, kernel, before, after, $3)
    }
  }

  /// The dilations as oneDNN counts them: the elements that are left out.
  private var holes: [dnnl_dim_t] { dilations.map { dnnl_dim_t($0 - 1) } }

  private static func extents(_ values: [Int]) -> [dnnl_dim_t] { values.map(dnnl_dim_t.init) }
}
