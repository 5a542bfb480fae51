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
    _ algorithm: dnnl_alg_kind_t, from source: MemoryDescriptor, to destination: MemoryDescriptor
  ) -> PrimitiveOperation {
    let (strides, kernel) = (Self.extents(strides), Self.extents(kernel))
    let (before, after) = (Self.extents(padsBefore), Self.extents(padsAfter))
    return unsafe PrimitiveOperation("COneDNN_pooling", [source, destination]) {
      unsafe COneDNN_pooling(
        $0, $1, algorithm, $2[0], $2[1], strides, kernel, before, after, $3)
    }
  }

  /// The dilations as oneDNN counts them: the elements that are left out.
  private var holes: [dnnl_dim_t] { dilations.map { dnnl_dim_t($0 - 1) } }

  private static func extents(_ values: [Int]) -> [dnnl_dim_t] { values.map(dnnl_dim_t.init) }
}
