public import Networks
public import Tensors

/// How kernels become 8-bit integers.
public struct WeightQuantization: Sendable {
  /// The largest magnitude of a channel's integers: 127, or 63 for processors whose products of 8-bit
  /// integers are added in 16 bits, which saturates (`vpmaddubsw` of x86 without VNNI).
  public let magnitude: Int8
  /// How a layer's kernel is rounded, by the layer's name.
  public let rounding: @Sendable (String) -> WeightRounding
  /// What is added to a layer's bias, where it has one, for each output channel, given its name, its
  /// kernel and what became of that; nil: nothing.
  public internal(set) var biasShift: BiasShift

  /// What is added to a layer's bias.
  public typealias BiasShift = @Sendable (String, FloatTensor, QuantizedWeight) -> [Float]?

  /// A quantization to 8 bits, or to 7 where `reducesRange`, that rounds each layer as `rounding`
  /// says, to the nearest integers unless told otherwise, and adds `biasShift` to biases.
  public init(
    reducesRange: Bool = false,
    rounding: @escaping @Sendable (String) -> WeightRounding = { _ in .nearest },
    biasShift: @escaping BiasShift = { _, _, _ in nil }
  ) {
    magnitude = reducesRange ? 63 : 127
    self.rounding = rounding
    self.biasShift = biasShift
  }

  /// The same, which leaves biases as they are.
  var keepingBiases: WeightQuantization {
    var other = self
    other.biasShift = { _, _, _ in nil }
    return other
  }
}

extension Program {
  /// The tensors of a model file of `plan`: folded kernels in the precision of their step, biases in
  /// binary32, and how every value that the plan holds or reads as integers becomes them
  /// (``QuantizationReader``).
  ///
  /// `weights` holds a binary32 model; `method` finds the ranges of values in `statistics`. Throws
  /// ``QuantizationError`` when a weight is beyond its precision, a sum may overflow or a value has
  /// no statistics or was not finite, or what reading a parameter throws.
  public func tensors(
    of weights: TensorArchive, in plan: PrecisionPlan,
    statistics: CalibrationStatistics? = nil, method: RangeMethod = .minmax,
    quantizing quantization: WeightQuantization = WeightQuantization()
  ) throws -> [TensorArchive.Entry] {
    var entries = try steps.flatMap { step -> [TensorArchive.Entry] in
      switch try StepParameters(of: step, in: weights) {
      case .none: return []
      case .convolution(let weight, let bias, let normalization):
        let (kernel, shift) =
          if let normalization {
            try imageKernel(of: step, weight, normalization, in: plan[step], quantization, weights)
          } else {
            try kernel(
              of: step.layer, step, weight, in: plan[step], quantization,
              source: weights.source(of: step.layer))
          }
        guard let bias else { return kernel }
        let shifted = shift.map { zip(bias, $0).map { $0 + $1 } } ?? bias
        return kernel + [.init(name: "\(step.layer).bias", tensor: Tensor(vector: shifted))]
      case .normalization, .batchNormalization:
        return step.operation.parameters(of: step.layer).compactMap { weights[$0.name] }
      }
    }
    let statistics = statistics ?? CalibrationStatistics()
    for value in sortedQuantizedValues(in: plan) {
      let quantization = try statistics.quantization(of: value, in: self, method: method)
      let zeroPoint = Tensor(
        bitPatterns: [UInt8(truncatingIfNeeded: quantization.zeroPoint)],
        elementType: quantization.elementType, shape: [])
      let scale = Tensor(FloatTensor(shape: [], values: [quantization.scale]))
      for name in quantizationNames(of: value, in: plan) {
        entries.append(.init(name: "\(name).scale", tensor: scale))
        entries.append(.init(name: "\(name).zero_point", tensor: zeroPoint))
      }
    }
    return entries
  }

  /// The tensors of a kernel that reads images: in int8 one, with the deviations in it, beside the
  /// means; in other precisions those of the layers, and the parameters of the normalization. What is
  /// normalized has a mean near 0, so that these have no need of a shift of the bias.
  private func imageKernel(
    of step: Step, _ weight: FloatTensor, _ normalization: ImageNormalization,
    in precision: Precision, _ quantization: WeightQuantization, _ weights: TensorArchive
  ) throws -> (entries: [TensorArchive.Entry], biasShift: [Float]?) {
    let constants = step.normalizationParameters(in: precision).compactMap { weights[$0.name] }
    if precision == .int8 {
      let (entries, shift) = try kernel(
        of: step.layer, step, normalization.folded(weight: weight), in: precision, quantization,
        source: weights.source(of: step.layer))
      return (constants + entries, shift)
    }
    var entries = constants
    var channel = 0
    for part in step.parts {
      let channels = channel..<channel + part.convolution.inputChannels
      entries += try kernel(
        of: part.layer, step, weight.sliced(channels, axis: 1), in: precision,
        quantization.keepingBiases,
        source: weights.source(of: part.layer)
      ).entries
      channel = channels.upperBound
    }
    return (entries, nil)
  }

  /// The tensors of `layer`, of `step`, whose folded kernel is `weight`, in `precision`, and what is
  /// added to the bias.
  private func kernel(
    of layer: String, _ step: Step, _ weight: FloatTensor, in precision: Precision,
    _ quantization: WeightQuantization, source: String
  ) throws -> (entries: [TensorArchive.Entry], biasShift: [Float]?) {
    let name = "\(layer).weight"
    switch precision {
    case .float32, .float16, .bfloat16:
      guard let tensor = Tensor(weight, as: precision.kernelType) else {
        preconditionFailure("\(precision.kernelType) is no floating-point type")
      }
      if let index = tensor.nonFinite?.firstIndex {
        throw QuantizationError.overflow(
          tensor: name, source: source, precision: precision, value: weight.values[index])
      }
      return ([.init(name: name, tensor: tensor)], nil)
    case .int8, .w8:
      if precision == .int8, let overflow = step.sumOverflow {
        throw QuantizationError.malformed(
          tensor: name, source: source, expected: overflow.expected, found: overflow.found)
      }
      let quantized = try QuantizedWeight(
        weight, magnitude: quantization.magnitude, rounding: quantization.rounding(layer))
      let integers = Tensor(
        bitPatterns: quantized.integers, elementType: .int8, shape: weight.shape)
      let entries: [TensorArchive.Entry] = [
        .init(name: name, tensor: integers),
        .init(name: "\(name).scale", tensor: Tensor(vector: quantized.scales)),
      ]
      return (entries, quantization.biasShift(layer, weight, quantized))
    }
  }
}

extension Step {
  /// The parameters of the normalizations that a convolution of images does in `precision`: an int8
  /// kernel has the deviations in it.
  func normalizationParameters(in precision: Precision) -> [Parameter] {
    parts.compactMap(\.normalization).flatMap { normalization in
      precision == .int8 ? [normalization.parameters[0]] : normalization.parameters
    }
  }

  /// What keeps the step from being an integer convolution: more products in a sum than are known to
  /// fit in its accumulator. Nil where nothing does.
  public var sumOverflow: (expected: String, found: String)? {
    guard let convolution else { return nil }
    let products = convolution.inputChannels * convolution.kernel * convolution.kernel
    guard products > IntegerConvolution.maximumProducts else { return nil }
    return ("at most \(IntegerConvolution.maximumProducts) products in a sum", "\(products)")
  }
}

extension TensorArchive {
  /// The file that holds the kernel of `layer`.
  fileprivate func source(of layer: String) -> String {
    self["\(layer).weight"]?.source ?? "memory"
  }
}

extension Tensor {
  /// A binary32 tensor of one dimension.
  fileprivate init(vector: [Float]) {
    self.init(FloatTensor(shape: [vector.count], values: vector))
  }
}
