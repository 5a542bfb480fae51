public import Networks

/// Which values of a deployed program are held as 8-bit integers, and how.
extension Program {
  /// The values that the int8 precision holds as integers: those that an integer step reads.
  ///
  /// Convolutions are integer steps; so are ReLU, pooling, upsampling and addition whose result
  /// is held as integers. Everything else stays in binary32: frames, keys, values, the memory
  /// read and the logits.
  public var integerValues: Set<String> {
    var values: Set<String> = []
    for step in steps.reversed() {
      switch step.operation {
      case .convolution: values.formUnion(step.inputs)
      case .relu, .maxPool, .upsample, .add:
        if values.contains(step.name) { values.formUnion(step.inputs) }
      case .normalize, .batchNormalization, .concatenate, .memoryRead: break
      }
    }
    return values
  }

  /// The value whose quantization `value` shares, because the step that makes it cannot leave its
  /// input's range: the input of a ReLU, a pooling or an upsampling; else `value` itself.
  public func quantizationOwner(of value: String) -> String {
    guard let step = step(value) else { return value }
    switch step.operation {
    case .relu, .maxPool, .upsample: return quantizationOwner(of: step.inputs[0])
    default: return value
    }
  }

  /// The convolutions that read `value` as their operand, not as a residual.
  public func convolutions(reading value: String) -> [Step] {
    steps.filter { $0.convolution != nil && $0.inputs[0] == value }
  }

  /// The names under which a model file holds the quantization of `value`, without the endings
  /// `.scale` and `.zero_point`: the input of each convolution that reads it, or the output of
  /// the step that makes it when none does.
  public func quantizationNames(of value: String) -> [String] {
    let readers = convolutions(reading: value)
    return readers.isEmpty ? ["\(value).output"] : readers.map { "\($0.layer).input" }
  }
}
