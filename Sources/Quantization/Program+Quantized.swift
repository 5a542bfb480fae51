public import Networks
public import Tensors

/// How kernels become 8-bit integers.
public struct WeightQuantization: Sendable {
  /// The largest magnitude of a channel's integers: 127, or 63 for processors whose products of 8-bit
  /// integers are added in 16 bits, which saturates (`vpmaddubsw` of x86 without VNNI).
  public let magnitude: Int8
  /// Whether the channels of values are scaled (``Equalization``).
  public let equalizes: Bool
  /// Whether biases take up what rounding adds to the means of results (``BiasCorrection``).
  public let correctsBiases: Bool
  /// What rounds kernels; nil: each weight becomes the nearest integer.
  public let rounding: AdaptiveRounding?

  /// A quantization to 8 bits, or to 7 where `reducesRange`, with the repairs that are asked for,
  /// that rounds kernels as `rounding` says, to the nearest integers unless told otherwise.
  public init(
    reducesRange: Bool = false, equalizes: Bool = false, correctsBiases: Bool = false,
    rounding: AdaptiveRounding? = nil
  ) {
    magnitude = reducesRange ? 63 : 127
    self.equalizes = equalizes
    self.correctsBiases = correctsBiases
    self.rounding = rounding
  }

  /// The same, but that kernels become the nearest integers.
  fileprivate var roundingToNearest: WeightQuantization {
    WeightQuantization(
      reducesRange: magnitude == 63, equalizes: equalizes, correctsBiases: correctsBiases)
  }
}

extension Program {
  /// The tensors of a model file of `plan`: folded kernels in the precision of their step, biases in
  /// binary32, and how every value that the plan holds or reads as integers becomes them
  /// (``QuantizationReader``).
  ///
  /// `weights` holds a binary32 model; `method` finds the ranges of values in `statistics`, whose
  /// channels are scaled as `equalization` says. Throws
  /// ``QuantizationError`` when a weight is beyond its precision, a sum may overflow or a value has
  /// no statistics or was not finite, or what reading a parameter throws.
  public func tensors(
    of weights: TensorArchive, in plan: PrecisionPlan,
    statistics: CalibrationStatistics? = nil, method: RangeMethod = .minmax,
    quantizing quantization: WeightQuantization = WeightQuantization(),
    equalization: Equalization = .none
  ) throws -> [TensorArchive.Entry] {
    let statistics = statistics ?? CalibrationStatistics()
    var entries = try steps.flatMap { step -> [TensorArchive.Entry] in
      switch try StepParameters(of: step, in: weights) {
      case .none: return []
      case .convolution(let weight, let bias, let normalization):
        let (weight, bias) = equalization.applied(to: weight, bias, of: step, in: self)
        let (kernel, quantized) =
          if let normalization {
            try imageKernel(of: step, weight, normalization, in: plan[step], quantization, weights)
          } else {
            try kernel(
              of: step.layer, step, weight, in: plan[step], quantization,
              inputFactors: equalization.factors(of: step.inputs[0], in: self),
              source: weights.source(of: step.layer))
          }
        guard var bias else { return kernel }
        if let quantized, quantization.correctsBiases {
          let shift = BiasCorrection.shift(
            normalization?.folded(weight: weight) ?? weight, quantized,
            means: try means(
              of: step, weight.shape, normalization, quantization, statistics, equalization))
          bias = zip(bias, shift).map(+)
        }
        return kernel + [.init(name: "\(step.layer).bias", tensor: Tensor(vector: bias))]
      case .normalization, .batchNormalization:
        return step.operation.parameters(of: step.layer).compactMap { weights[$0.name] }
      }
    }
    for value in inputs + steps.map(\.name) where plan.hasIntegerLayers {
      guard factorOwner(of: value) == value,
        let factors = equalization.factors(of: value, in: self)
      else { continue }
      entries.append(.init(name: Self.factorName(of: value), tensor: Tensor(vector: factors)))
    }
    for value in sortedQuantizedValues(in: plan) {
      let quantization = try statistics.quantization(
        of: value, in: self, method: method, equalization: equalization)
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

  /// The means of what each weight of an output channel of `step`, whose kernel has `shape`, is
  /// multiplied by: those of patches, or else of channels.
  private func means(
    of step: Step, _ shape: Shape, _ normalization: ImageNormalization?,
    _ quantization: WeightQuantization, _ statistics: CalibrationStatistics,
    _ equalization: Equalization
  ) throws -> [Float] {
    let (read, taps) = (step.inputs[0], shape[2] * shape[3])
    let channels = try statistics.channels(of: read, in: self, count: shape[1])
    let seen =
      quantization.rounding?.means(of: step.layer)
      ?? channels.mean.flatMap { repeatElement($0, count: taps) }
    let factors = equalization.factors(of: read, in: self)
    return seen.enumerated().map { index, mean in
      (mean - (normalization?.mean[index / taps] ?? 0)) / (factors?[index / taps] ?? 1)
    }
  }

  /// The tensors of a kernel that reads images: in int8 one, with the deviations in it, beside the
  /// means; in other precisions those of the layers, and the parameters of the normalization. What is
  /// normalized has a mean near 0, so that these have no need of another bias; and they are rounded to
  /// the nearest integers, since samples are of what the convolution of all reads.
  private func imageKernel(
    of step: Step, _ weight: FloatTensor, _ normalization: ImageNormalization,
    in precision: Precision, _ quantization: WeightQuantization, _ weights: TensorArchive
  ) throws -> (entries: [TensorArchive.Entry], quantized: QuantizedWeight?) {
    let constants = step.normalizationParameters(in: precision).compactMap { weights[$0.name] }
    if precision == .int8 {
      let (entries, quantized) = try kernel(
        of: step.layer, step, normalization.folded(weight: weight), in: precision, quantization,
        source: weights.source(of: step.layer))
      return (constants + entries, quantized)
    }
    var entries = constants
    var channel = 0
    for part in step.parts {
      let channels = channel..<channel + part.convolution.inputChannels
      entries += try kernel(
        of: part.layer, step, weight.sliced(channels, axis: 1), in: precision,
        quantization.roundingToNearest, source: weights.source(of: part.layer)
      ).entries
      channel = channels.upperBound
    }
    return (entries, nil)
  }

  /// The tensors of `layer`, of `step`, whose folded kernel is `weight`, in `precision`, and what it
  /// became where those are integers. The channels it reads are divided by `inputFactors`.
  private func kernel(
    of layer: String, _ step: Step, _ weight: FloatTensor, in precision: Precision,
    _ quantization: WeightQuantization, inputFactors: [Float]? = nil, source: String
  ) throws -> (entries: [TensorArchive.Entry], quantized: QuantizedWeight?) {
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
      let quantized =
        quantization.rounding?.rounded(
          .init(
            weight: weight, magnitude: quantization.magnitude, inputFactors: inputFactors),
          of: layer) ?? QuantizedWeight(weight, magnitude: quantization.magnitude)
      let integers = Tensor(
        bitPatterns: quantized.integers, elementType: .int8, shape: weight.shape)
      let entries: [TensorArchive.Entry] = [
        .init(name: name, tensor: integers),
        .init(name: "\(name).scale", tensor: Tensor(vector: quantized.scales)),
      ]
      return (entries, quantized)
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
