public import Networks
public import Tensors

extension Program {
  /// The tensors of a model file in binary16 or bfloat16: folded kernels rounded, biases in
  /// binary32.
  ///
  /// `weights` holds a binary32 model. Throws
  /// ``QuantizationError/overflow(tensor:source:precision:value:)``
  /// when a weight is beyond binary16's 65,504, or what reading a parameter throws.
  public func halfTensors(
    of weights: TensorArchive, in precision: HalfPrecision
  ) throws -> [TensorArchive.Entry] {
    try steps.flatMap { step in
      try tensors(of: step, in: weights) { name, weight in
        if let index = weight.values.firstIndex(where: { !precision.holds($0) }) {
          throw QuantizationError.overflow(
            tensor: name, source: weights.source(of: name), precision: precision.precision,
            value: weight.values[index])
        }
        let tensor = Tensor(
          bitPatterns: weight.values.map(precision.bitPattern),
          elementType: precision.elementType, shape: weight.shape)
        return [.init(name: name, tensor: tensor)]
      }
    }
  }

  /// The tensors of a model file in int8: folded kernels as integers with a scale for each output
  /// channel, biases in binary32, and how every integer value is held (``QuantizationReader``).
  ///
  /// `weights` holds a binary32 model; `method` finds the ranges of values. Throws
  /// ``QuantizationError`` when a sum may overflow or a value has no statistics or was not finite,
  /// or what reading a parameter throws.
  public func int8Tensors(
    of weights: TensorArchive, statistics: CalibrationStatistics, method: RangeMethod = .minmax
  ) throws -> [TensorArchive.Entry] {
    var entries = try steps.flatMap { step in
      try tensors(of: step, in: weights) { name, weight in
        let products = weight.shape.elementCount / weight.shape[0]
        guard products <= IntegerConvolution.maximumProducts else {
          throw QuantizationError.malformed(
            tensor: name, source: weights.source(of: name),
            expected: "at most \(IntegerConvolution.maximumProducts) products in a sum",
            found: "\(products)")
        }
        let quantized = QuantizedWeight(weight)
        let integers = Tensor(
          bitPatterns: quantized.integers, elementType: .int8, shape: weight.shape)
        return [
          .init(name: name, tensor: integers),
          .init(name: "\(name).scale", tensor: Tensor(vector: quantized.scales)),
        ]
      }
    }
    let integerValues = integerValues
    for value in inputs + steps.map(\.name) where integerValues.contains(value) {
      let quantization = try statistics.quantization(of: value, in: self, method: method)
      let zeroPoint = Tensor(
        bitPatterns: [UInt8(truncatingIfNeeded: quantization.zeroPoint)],
        elementType: quantization.elementType, shape: [])
      let scale = Tensor(FloatTensor(shape: [], values: [quantization.scale]))
      for name in quantizationNames(of: value) {
        entries.append(.init(name: "\(name).scale", tensor: scale))
        entries.append(.init(name: "\(name).zero_point", tensor: zeroPoint))
      }
    }
    return entries
  }

  /// The tensors of one step; `kernel` says what becomes of its folded kernel.
  private func tensors(
    of step: Step, in weights: TensorArchive,
    kernel: (String, FloatTensor) throws -> [TensorArchive.Entry]
  ) throws -> [TensorArchive.Entry] {
    switch try StepParameters(of: step, in: weights) {
    case .none: return []
    case .convolution(let weight, let bias):
      let entries = try kernel("\(step.layer).weight", weight)
      guard let bias else { return entries }
      return entries + [.init(name: "\(step.layer).bias", tensor: Tensor(vector: bias))]
    case .normalization, .batchNormalization:
      return step.operation.parameters(of: step.layer).compactMap { weights[$0.name] }
    }
  }
}

extension TensorArchive {
  /// The file that holds the tensor `name`.
  fileprivate func source(of name: String) -> String { self[name]?.source ?? "memory" }
}

extension Tensor {
  /// A binary32 tensor of one dimension.
  fileprivate init(vector: [Float]) {
    self.init(FloatTensor(shape: [vector.count], values: vector))
  }
}
