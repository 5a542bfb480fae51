import COneDNN
import Quantization

/// How one object of a value is held: its layout, and what its elements stand for if they are
/// integers.
struct Held: Hashable {
  /// Extents, element type and layout.
  let descriptor: MemoryDescriptor
  /// Nil: the elements are real numbers.
  let quantization: AffineQuantization?

  init(_ descriptor: MemoryDescriptor, _ quantization: AffineQuantization? = nil) {
    self.descriptor = descriptor
    self.quantization = quantization
  }

  /// The ways to hold it from here to `target`, between neighbours of which a
  /// ``ConversionKernel`` leads.
  ///
  /// Integers become real numbers, and real numbers integers, where they lie: reorders of oneDNN
  /// 2.6.3 that change the layout as well may leave zero points out.
  func path(to target: Held) -> [Held] {
    guard self != target else { return [] }
    guard quantization != target.quantization else { return [target] }
    let read = quantization == nil ? [] : [Held(descriptor.with(dnnl_f32))]
    let written = target.quantization == nil ? [] : [Held(target.descriptor.with(dnnl_f32))]
    let way = read + written
    return (way + [target]).reduce(into: [self]) { path, next in
      if path[path.count - 1] != next { path.append(next) }
    }.dropFirst().map { $0 }
  }
}

/// Changes a layout, an element type, or what the elements stand for.
struct ConversionKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  /// A step of ``Held/path(to:)``.
  init(from source: Held, to target: Held, on engine: Engine) throws(LibraryFailure) {
    let (from, to) = (source.descriptor, target.descriptor)
    inputs = [from]
    output = to
    if let quantization = target.quantization, source.quantization != quantization {
      kernel = try Self.quantizing(from, to: to, quantization, on: engine)
      return
    }
    var attributes = PrimitiveAttributes()
    if let quantization = source.quantization, target.quantization == nil {
      attributes.sourceScale = quantization.scale
      attributes.zeroPoints = [DNNL_ARG_SRC: quantization.zeroPoint]
    }
    kernel = try Kernel(
      PrimitiveDescriptor(reorder: from, to: to, attributes, on: engine),
      inputs: [(DNNL_ARG_FROM, from)], output: (DNNL_ARG_TO, to), on: engine)
  }

  /// `clamp(rne(x / scale) + zeroPoint)`: a division, which a reorder's scale is not, and rounding
  /// before the zero point is added.
  private static func quantizing(
    _ source: MemoryDescriptor, to target: MemoryDescriptor, _ quantization: AffineQuantization,
    on engine: Engine
  ) throws(LibraryFailure) -> Kernel {
    // One number for each of a row of elements, which is what all layouts here are.
    let count = source.dimensions.reduce(1, *)
    let row = try MemoryDescriptor([1, count], dnnl_f32, .plain)
    let scale = try MemoryDescriptor([1, 1], dnnl_f32, .plain)
    let integers = row.with(target.type)
    guard source.byteCount == row.byteCount else {
      throw LibraryFailure(call: "COneDNN_binary", status: dnnl_unimplemented)
    }
    var attributes = PrimitiveAttributes()
    attributes.postOperations = [
      .round, .linear(alpha: 1, beta: Float(quantization.zeroPoint)),
    ]
    return try Kernel(
      PrimitiveDescriptor(
        .binary(dnnl_binary_div, row, scale, to: integers), attributes, on: engine),
      inputs: [(DNNL_ARG_SRC_0, row)], output: (DNNL_ARG_DST, integers),
      constants: [Constant(DNNL_ARG_SRC_1, scale, [quantization.scale])], on: engine)
  }
}
