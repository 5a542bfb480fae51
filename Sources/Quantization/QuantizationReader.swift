public import Networks
public import Tensors

/// Reads integer kernels and quantizations from a model file's tensors.
///
///     X.weight              I8 [out, in, kh, kw]     X.weight.scale        F32 [out]
///     X.input.scale         F32 []                   X.input.zero_point    U8 or I8 []
///     V.output.scale        F32 []                   V.output.zero_point   U8 or I8 []
///
///     M.mean                F32 [1, C, 1, 1]         what X.weight has the deviations M.std in for
///
/// for every integer convolution `X` and for every value `V` that is held as integers and that no
/// integer convolution reads as its operand. The zero point's type is the type of the integers. In
/// w8 a convolution has its weights and their scales alone.
public struct QuantizationReader: Sendable {
  private let archive: TensorArchive

  /// A reader of `archive`.
  public init(_ archive: TensorArchive) { self.archive = archive }

  /// How `value` of `program` is held. Every tensor that says so must agree.
  ///
  /// Throws ``QuantizationError``, `ParameterError` or what reading a tensor throws.
  public func quantization(
    of value: String, in program: Program, _ plan: PrecisionPlan = PrecisionPlan(.int8)
  ) throws -> AffineQuantization {
    let names = program.quantizationNames(of: value, in: plan)
    let found = try names.map(quantization(named:))
    for (name, other) in zip(names, found) where other != found[0] {
      throw malformed(
        "\(name).scale", "\(found[0]) as in '\(names[0])', since both hold value '\(value)'",
        "\(other)")
    }
    return found[0]
  }

  /// The integer convolution that `step` of `program` runs; its output is held as `output` says.
  ///
  /// Throws ``QuantizationError``, `ParameterError` or what reading a tensor throws.
  public func convolution(
    _ step: Step, geometry: Convolution, input: AffineQuantization, residual: AffineQuantization?,
    output: AffineQuantization?
  ) throws -> IntegerConvolution {
    if let overflow = step.sumOverflow {
      throw malformed("\(step.layer).weight", overflow.expected, overflow.found)
    }
    let kernel = try kernel(of: step.layer, geometry)
    let bias = try bias(of: step, geometry)
    let convolution = IntegerConvolution(
      weight: kernel.integers, weightScales: kernel.scales, bias: bias, input: input,
      mean: step.readsImages ? try ImageNormalization.means(of: step, in: archive) : nil,
      residual: residual, output: output)
    if let channel = convolution.bias.firstIndex(where: { !$0.isFinite }) {
      throw malformed(
        "\(step.layer).bias", "a finite multiple of the accumulator's unit in channel \(channel)",
        "\(bias?[channel] ?? 0) over \(input.scale) * \(kernel.scales[channel])")
    }
    return convolution
  }

  /// The convolution that `step` of `program` runs in w8: what its 8-bit weights stand for.
  ///
  /// Throws ``QuantizationError``, `ParameterError` or what reading a tensor throws.
  public func dequantized(_ step: Step, geometry: Convolution) throws -> StepParameters {
    func weight(_ layer: String, _ geometry: Convolution) throws -> FloatTensor {
      let kernel = try kernel(of: layer, geometry)
      return QuantizedWeight.dequantized(
        kernel.integers, scales: kernel.scales, shape: geometry.kernelShape)
    }
    return .convolution(
      weight: step.readsImages
        ? FloatTensor(
          concatenating: try step.parts.map { try weight($0.layer, $0.convolution) }, axis: 1)
        : try weight(step.layer, geometry),
      bias: try bias(of: step, geometry),
      normalization: try ImageNormalization(of: step, in: archive))
  }

  /// The integers of the kernel of `layer`, and its scales, each as a file must have it.
  ///
  /// Throws ``QuantizationError``, `ParameterError` or what reading a tensor throws.
  func kernel(
    of layer: String, _ geometry: Convolution
  ) throws -> (integers: [Int8], scales: [Float]) {
    let name = "\(layer).weight"
    let channels = geometry.outputChannels
    let weight = try tensor(name, geometry.kernelShape, [.int8])
    let scales = try floats("\(name).scale", [channels])
    for (channel, scale) in scales.enumerated() where !(scale.isNormal && scale > 0) {
      throw malformed("\(name).scale", "positive numbers", "\(scale) for channel \(channel)")
    }
    return (weight.bitPatterns(as: Int8.self), scales)
  }

  private func bias(of step: Step, _ geometry: Convolution) throws -> [Float]? {
    guard step.hasBias else { return nil }
    let bias = try floats("\(step.layer).bias", [geometry.outputChannels])
    if let value = bias.first(where: { !$0.isFinite }) {
      throw malformed("\(step.layer).bias", "finite numbers", "\(value)")
    }
    return bias
  }

  /// What each channel of `value` was divided by; nil where it was not scaled.
  ///
  /// Throws ``QuantizationError`` or what reading a tensor throws.
  public func factors(of value: String) throws -> [Float]? {
    let name = Program.factorName(of: value)
    guard let shape = archive[name]?.shape else { return nil }
    let factors = try floats(name, shape)
    if let channel = factors.firstIndex(where: { !($0.isNormal && $0 > 0) }) {
      throw malformed(name, "positive numbers", "\(factors[channel]) for channel \(channel)")
    }
    return factors
  }

  private func quantization(named name: String) throws -> AffineQuantization {
    let scale = try floats("\(name).scale", [])[0]
    guard scale.isNormal && scale > 0 else {
      throw malformed("\(name).scale", "a positive number", "\(scale)")
    }
    let zeroPoint = try tensor("\(name).zero_point", [], [.uint8, .int8])
    let value =
      zeroPoint.elementType == .uint8
      ? Int32(zeroPoint.bitPatterns(as: UInt8.self)[0])
      : Int32(zeroPoint.bitPatterns(as: Int8.self)[0])
    return AffineQuantization(elementType: zeroPoint.elementType, scale: scale, zeroPoint: value)
  }

  private func floats(_ name: String, _ shape: Shape) throws -> [Float] {
    try tensor(name, shape, [.float32]).floats().values
  }

  private func tensor(_ name: String, _ shape: Shape, _ types: [ElementType]) throws -> Tensor {
    guard let entry = archive[name] else { throw ParameterError.missing(name) }
    guard entry.shape == shape else {
      throw ParameterError.shape(name, source: entry.source, expected: shape, found: entry.shape)
    }
    guard types.contains(entry.elementType) else {
      let expected = types.map(\.rawValue).joined(separator: " or ")
      throw malformed(name, "type \(expected)", entry.elementType.rawValue)
    }
    return try entry.tensor()
  }

  private func malformed(_ name: String, _ expected: String, _ found: String) -> QuantizationError {
    .malformed(
      tensor: name, source: archive[name]?.source ?? "", expected: expected, found: found)
  }
}
