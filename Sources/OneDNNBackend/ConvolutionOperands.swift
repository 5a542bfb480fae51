import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// What a convolution computes with: its window, element types, layouts, and what happens to its
/// sums.
struct ConvolutionOperands {
  private(set) var window: SlidingWindow
  /// The extents of the kernel, `[out, in, kh, kw]`.
  private(set) var weightDimensions: [Int]
  private(set) var source: dnnl_data_type_t
  private(set) var weight: dnnl_data_type_t
  private(set) var destination: dnnl_data_type_t
  private(set) var residual: dnnl_data_type_t
  /// What happens to images first; nil: the source is none.
  let images: ImageOperand.Preparation?
  /// What is added to each output channel; empty: nothing.
  private(set) var bias: [Float]
  private let appliesReLU: Bool
  private var elements: Elements
  private var attributes = PrimitiveAttributes()

  private enum Elements {
    case float([Float])
    case integer([Int8])
  }

  /// The operands of `step`, a convolution of `bound`, that define its result.
  init(_ step: Step, _ geometry: Convolution, in bound: BoundProgram) {
    weightDimensions = geometry.weightDimensions
    let sum: PostOperation
    switch bound.parameters(of: step) {
    case .float(.convolution(let weight, let bias, let normalization)):
      images = normalization.map {
        .normalized(mean: $0.mean, deviation: $0.deviation, as: bound.normalizedStorage(of: step))
      }
      let isHalf = bound.plan[step] == .bfloat16 && Processor.hasBFloat16
      source = isHalf ? dnnl_bf16 : dnnl_f32
      self.weight = source
      destination = isHalf && bound.storage(of: step.name) == .bfloat16 ? dnnl_bf16 : dnnl_f32
      residual = destination
      elements = .float(weight.values)
      self.bias = bias ?? []
      sum = .sum(scale: 1, zeroPoint: 0, type: residual)
    case .integer(let convolution):
      images = convolution.padding.isEmpty ? nil : .padded(convolution.padding)
      source = convolution.input.elementType.oneDNN
      weight = dnnl_s8
      destination = convolution.output?.elementType.oneDNN ?? dnnl_f32
      residual = convolution.residual?.elementType.oneDNN ?? dnnl_f32
      elements = .integer(convolution.weight)
      bias = convolution.bias
      attributes.outputScales = convolution.scale
      attributes.zeroPoints = [
        DNNL_ARG_SRC: convolution.input.zeroPoint,
        DNNL_ARG_DST: convolution.output?.zeroPoint ?? 0,
      ]
      sum = .sum(
        scale: convolution.residual == nil ? 1 : convolution.residualScale,
        zeroPoint: convolution.residual?.zeroPoint ?? 0, type: residual)
    case .float:
      preconditionFailure("step '\(step.name)' is bound to another kind of parameters")
    }
    window = if case .padded? = images { geometry.unpaddedWindow } else { geometry.window }
    appliesReLU = step.appliesReLU
    if step.addsResidual { attributes.postOperations.append(sum) }
    if step.appliesReLU { attributes.postOperations.append(.relu) }
  }

  /// The same for Winograd's algorithm, where it can be used and pays: 3x3 windows at stride 1, on
  /// channels enough to make the transformations small beside the products.
  ///
  /// On integers oneDNN's has unsigned inputs with zero point 0, transforms kernels of binary32
  /// numbers, and knows no zero points of the result and the residual, which are added with the bias
  /// instead. Where the input `isRectified`, signed integers with zero point 0 are unsigned ones as
  /// well.
  func winograd(isRectified: Bool) -> ConvolutionOperands? {
    let isInteger = weight == dnnl_s8
    guard window.kernel == [3, 3], window.strides == [1, 1],
      weightDimensions[0] >= 32, weightDimensions[1] >= (isInteger ? 128 : 32)
    else { return nil }
    if weight == dnnl_bf16 { return Processor.hasBFloat16Tiles ? nil : widened }
    guard isInteger, case .integer(let integers) = elements else { return self }
    let zeroPoint = attributes.zeroPoints[DNNL_ARG_DST] ?? 0
    guard source == dnnl_u8 || isRectified, attributes.zeroPoints[DNNL_ARG_SRC] == 0,
      zeroPoint == 0 || !appliesReLU
    else { return nil }
    var other = self
    other.source = dnnl_u8
    other.elements = .float(integers.map(Float.init))
    var shift = Float(zeroPoint)
    other.attributes.postOperations = attributes.postOperations.map {
      guard case .sum(let scale, let residualZeroPoint, let type) = $0 else { return $0 }
      shift -= scale * Float(residualZeroPoint)
      return .sum(scale: scale, zeroPoint: 0, type: type)
    }
    if shift != 0 {
      let scales = attributes.outputScales
      let own = bias.isEmpty ? [Float](repeating: 0, count: weightDimensions[0]) : bias
      other.bias = zip(own, scales).map { $0 + shift / $1 }
    }
    other.attributes.zeroPoints = [:]
    return other
  }

  /// The same sums of bfloat16 numbers in binary32, for which alone oneDNN has Winograd's algorithm:
  /// it multiplies so much less that it is faster nonetheless, unless products are made in tiles.
  private var widened: ConvolutionOperands {
    var other = self
    (other.source, other.weight) = (dnnl_f32, dnnl_f32)
    (other.destination, other.residual) = (dnnl_f32, dnnl_f32)
    other.attributes.postOperations = attributes.postOperations.map {
      guard case .sum(let scale, let zeroPoint, _) = $0 else { return $0 }
      return .sum(scale: scale, zeroPoint: zeroPoint, type: dnnl_f32)
    }
    return other
  }

  /// How the bias lies.
  var biasLayout: MemoryDescriptor {
    get throws(LibraryFailure) {
      bias.isEmpty ? .none : try MemoryDescriptor([weightDimensions[0]], dnnl_f32, .plain)
    }
  }

  /// The layout of the source: channels last for integers; blocks of channels for real numbers,
  /// except images, which the first layers read row-major.
  var sourceLayout: MemoryDescriptor.Layout {
    if weight == dnnl_s8 { return .channelsLast }
    return images != nil || weightDimensions[1] <= 4 ? .plain : .blocked
  }

  /// Whether oneDNN has `algorithm` for these operands and extents.
  func isAvailable(
    _ algorithm: dnnl_alg_kind_t, from source: [Int], to destination: [Int], on engine: Engine
  ) throws(LibraryFailure) -> Bool {
    do throws(LibraryFailure) {
      _ = try descriptor(algorithm, from: source, to: destination, on: engine)
      return true
    } catch {
      guard error.status == dnnl_unimplemented else { throw error }
      return false
    }
  }

  /// The choice of implementation.
  func descriptor(
    _ algorithm: dnnl_alg_kind_t, from source: [Int], to destination: [Int], on engine: Engine
  ) throws(LibraryFailure) -> PrimitiveDescriptor {
    try PrimitiveDescriptor(
      window.convolution(
        algorithm, from: try MemoryDescriptor(source, self.source, sourceLayout),
        weights: try MemoryDescriptor(weightDimensions, weight, .any), bias: try biasLayout,
        to: try MemoryDescriptor(
          destination, self.destination, weight == dnnl_s8 ? .channelsLast : .blocked)),
      attributes, on: engine)
  }

  /// The kernel, row-major.
  func kernel() throws(LibraryFailure) -> Constant {
    switch elements {
    case .float(let values):
      Constant(DNNL_ARG_FROM, try MemoryDescriptor(weightDimensions, dnnl_f32, .plain), values)
    case .integer(let values):
      Constant(DNNL_ARG_FROM, try MemoryDescriptor(weightDimensions, dnnl_s8, .plain), values)
    }
  }
}
