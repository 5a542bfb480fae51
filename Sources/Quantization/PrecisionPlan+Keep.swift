import Files
public import Networks

/// The layers that a pattern selects, kept in a precision whatever the rest is in.
public struct KeptLayers: Sendable, Hashable, CustomStringConvertible {
  /// Which layers.
  public let pattern: NamePattern
  /// What they are kept in.
  public let precision: Precision

  /// The layers of `pattern` in `precision`.
  public init(_ pattern: NamePattern, in precision: Precision) {
    self.pattern = pattern
    self.precision = precision
  }

  /// Parses `PATTERN=PRECISION`; nil where that is something else.
  public init?(_ text: String) {
    guard let sign = text.lastIndex(of: "="),
      let precision = Precision(rawValue: String(text[text.index(after: sign)...])),
      let pattern = try? NamePattern(String(text[..<sign]))
    else { return nil }
    self.init(pattern, in: precision)
  }

  /// `Decoder.pred2=fp16`.
  public var description: String { "\(pattern)=\(precision.rawValue)" }

  /// Whether `step` is one of the layers: in int8 and w8 a convolution, otherwise whatever has a
  /// precision of its own.
  public func selects(_ step: Step) -> Bool {
    (precision.hasIntegerWeights ? step.convolution != nil : step.hasOwnPrecision)
      && step.layers.contains(where: pattern.matches)
  }
}

extension PrecisionPlan {
  /// The same plan with the layers of `programs` that `kept` select in their precisions; of several
  /// that select one, the last holds.
  ///
  /// Throws ``QuantizationError/noLayer(_:nearest:)`` for a pattern that selects nothing.
  public func keeping(
    _ kept: [KeptLayers], in programs: [Program]
  ) throws(QuantizationError) -> PrecisionPlan {
    let steps = programs.flatMap(\.steps)
    var exceptions = exceptions
    for layers in kept {
      let selected = steps.filter(layers.selects)
      guard !selected.isEmpty else {
        throw .noLayer(
          layers.description,
          nearest: NameSimilarity.nearest(
            to: layers.pattern.description, among: steps.filter(\.hasOwnPrecision).map(\.layer),
            count: 3))
      }
      for step in selected {
        exceptions[step.layer] = layers.precision == standard ? nil : layers.precision
      }
    }
    return PrecisionPlan(standard, exceptions: exceptions, memories: memories)
  }
}
