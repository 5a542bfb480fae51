public import Networks

extension Program {
  /// Runs of steps that belong together: those of one stage of an encoder, such as
  /// `Encoder_Q.res2`, or of one module of the decoder, such as `Decoder.RF3`.
  public var stages: [Range<Int>] {
    var stages: [Range<Int>] = []
    for index in steps.indices {
      if let last = stages.last, steps[last.lowerBound].stage == steps[index].stage {
        stages[stages.count - 1] = last.lowerBound..<index + 1
      } else {
        stages.append(index..<index + 1)
      }
    }
    return stages
  }
}

extension Step {
  /// The first two parts of the name of the layer.
  fileprivate var stage: [Substring] {
    Array(layer.split(separator: ".", omittingEmptySubsequences: false).prefix(2))
  }
}
