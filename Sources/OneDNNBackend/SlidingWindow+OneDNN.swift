import COneDNN
import Execution

extension SlidingWindow {
  /// A convolution; Winograd's algorithm rounds otherwise than the direct one. Wraps
  /// `dnnl_dilated_convolution_forward_desc_init`.
  func convolution(
    _ algorithm: dnnl_alg_kind_t = dnnl_convolution_direct, from source: MemoryDescriptor,
    weights: MemoryDescriptor, bias: MemoryDescriptor,
    to destination: MemoryDescriptor
  ) throws(LibraryFailure) -> dnnl_convolution_desc_t {
    var operation = dnnl_convolution_desc_t()
    var (x, w, b, y) = (source.raw, weights.raw, bias.raw, destination.raw)
    try unsafe check(
      "dnnl_dilated_convolution_forward_desc_init",
      dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_inference, algorithm, &x, &w, &b, &y,
        Self.extents(strides), holes, Self.extents(padsBefore), Self.extents(padsAfter)))
    return operation
  }

  /// The transpose of a convolution by the direct algorithm. Wraps
  /// `dnnl_dilated_deconvolution_forward_desc_init`.
  func transposedConvolution(
    from source: MemoryDescriptor, weights: MemoryDescriptor, bias: MemoryDescriptor,
    to destination: MemoryDescriptor
  ) throws(LibraryFailure) -> dnnl_deconvolution_desc_t {
    var operation = dnnl_deconvolution_desc_t()
    var (x, w, b, y) = (source.raw, weights.raw, bias.raw, destination.raw)
    try unsafe check(
      "dnnl_dilated_deconvolution_forward_desc_init",
      dnnl_dilated_deconvolution_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_deconvolution_direct, &x, &w, &b, &y,
        Self.extents(strides), holes, Self.extents(padsBefore), Self.extents(padsAfter)))
    return operation
  }

  /// A pooling, which `algorithm` says more of, of windows without dilations. Wraps
  /// `dnnl_pooling_forward_desc_init`.
  func pooling(
    _ algorithm: dnnl_alg_kind_t, from source: MemoryDescriptor, to destination: MemoryDescriptor
  ) throws(LibraryFailure) -> dnnl_pooling_desc_t {
    var operation = dnnl_pooling_desc_t()
    var (x, y) = (source.raw, destination.raw)
    try unsafe check(
      "dnnl_pooling_forward_desc_init",
      dnnl_pooling_forward_desc_init(
        &operation, dnnl_forward_inference, algorithm, &x, &y, Self.extents(strides),
        Self.extents(kernel), Self.extents(padsBefore), Self.extents(padsAfter)))
    return operation
  }

  /// The dilations as oneDNN counts them: the elements that are left out.
  private var holes: [dnnl_dim_t] { dilations.map { dnnl_dim_t($0 - 1) } }

  private static func extents(_ values: [Int]) -> [dnnl_dim_t] { values.map(dnnl_dim_t.init) }
}
