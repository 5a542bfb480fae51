public import Networks

/// Which values of a deployed program are held as 8-bit integers, and how.
extension Program {
  /// The values that the int8 precision holds as integers.
  public var integerValues: Set<String> { integerValues(in: PrecisionPlan(.int8)) }

  /// The value whose quantization `value` shares, because the step that makes it cannot leave its
  /// input's range: the input of a ReLU, a pooling or an upsampling; else `value` itself. A ReLU
  /// shares the scale alone (``AffineQuantization/rectified``).
  public func quantizationOwner(of value: String) -> String {
    guard let step = step(value), !step.addsResidual else { return value }
    switch step.operation {
    case .relu, .maxPool, .upsample: return quantizationOwner(of: step.inputs[0])
    default: return value
    }
  }

  /// Whether there is a ReLU step between `owner`, whose quantization `value` shares, and `value`.
  func isRectified(_ value: String, from owner: String) -> Bool {
    guard value != owner, let step = step(value) else { return false }
    return step.operation == .relu || isRectified(step.inputs[0], from: owner)
  }

  /// Whether `value` is an image: a convolution normalizes it as it reads it.
  public func isImage(_ value: String) -> Bool {
    convolutions(reading: value).contains(where: \.readsImages)
  }

  /// The convolutions that read `value` as their operand, not as a residual.
  public func convolutions(reading value: String) -> [Step] {
    steps.filter { $0.convolution != nil && $0.inputs[0] == value }
  }

  /// The names under which a model file holds the quantization of `value`, without the endings
  /// `.scale` and `.zero_point`: the input of each integer convolution that reads it, or its own
  /// name as an output when none does.
  public func quantizationNames(
    of value: String, in plan: PrecisionPlan = PrecisionPlan(.int8)
  ) -> [String] {
    let readers = convolutions(reading: value).filter { plan[$0] == .int8 }
    return readers.isEmpty ? ["\(value).output"] : readers.map { "\($0.layer).input" }
  }
}
