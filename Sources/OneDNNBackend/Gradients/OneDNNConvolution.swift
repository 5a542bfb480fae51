import COneDNN
import Networks
import Tensors

/// The parameters of a convolution for ``OneDNNGradientKernels``, packed as its primitives read them.
public final class OneDNNConvolution {
  let geometry: Convolution
  /// `[out, in, kh, kw]`, row-major.
  private let weight: [Float]
  /// `[out]`; nil: there is none.
  let bias: [Float]?
  private var packed: [Value] = []

  init(weight: [Float], bias: [Float]?, _ geometry: Convolution) {
    precondition(weight.count == geometry.kernelShape.elementCount, "\(geometry)")
    self.geometry = geometry
    self.weight = weight
    self.bias = bias
  }

  /// The kernel as `layout` has it, whose input channels may be more: those see zeros.
  func weights(as layout: MemoryDescriptor, by store: ValueStore) throws -> Value {
    if let known = packed.first(where: { $0.descriptor == layout }) { return known }
    let plain = try MemoryDescriptor(layout.dimensions, dnnl_f32, .plain)
    let area = geometry.kernel * geometry.kernel
    let row = geometry.inputChannels * area
    let filling = [Float](
      repeating: 0, count: (layout.dimensions[1] - geometry.inputChannels) * area)
    let filled =
      filling.isEmpty
      ? weight
      : Array(
        stride(from: 0, to: weight.count, by: row)
          .map { weight[$0..<$0 + row] + filling }.joined())
    let value = try store.load(filled[...], from: plain, to: layout)
    packed.append(value)
    return value
  }
}
