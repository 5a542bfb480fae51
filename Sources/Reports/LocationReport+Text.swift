import Finding

extension LocationReport.Model {
  /// The model's part of the report for a terminal.
  var lines: [String] {
    if !weights.isEmpty {
      return ["\(side), \(precision): weights that are not finite: \(weights.count)"]
        + weights.prefix(10).map { weight in
          "  \(weight.name), \(weight.type): \(weight.nonFinite), the first is element "
            + "\(weight.firstNonFinite.value ?? 0)"
        } + (weights.count > 10 ? ["  and \(weights.count - 10) more"] : [])
        + ["  nothing was run with them"]
    }
    guard frames > 0 else { return ["\(side), \(precision): not run"] }
    let head = "\(side), \(precision): \(layers) layers over \(frames) frames, weights finite"
    return findings.isEmpty
      ? [head + ", nothing found"] : [head] + findings.flatMap { $0.lines(layers: layers) }
  }
}

extension LocationReport.Finding {
  /// What was found, where, and why, for a terminal.
  func lines(layers: Int) -> [String] {
    let place =
      "frame \(frame), object \(position.object), channel \(position.channel), "
      + "row \(position.row), column \(position.column)"
    let beside = reference.value.map { ", the reference \(Numbers.significant($0))" } ?? ""
    return [
      "first \(fault): \(layer), program \(program), \(precision), held as \(storage)",
      "  at: \(place): \(Numbers.significant(value))\(beside)",
      "  how many: \(count) of \(elements) in \(channels) channels; "
        + "by the end of the frame in \(affected) of \(layers) layers",
    ]
      + inputs.map { input in
        "  reads \(input.name), \(input.type): " + Self.range(input.minimum, input.maximum)
          + (input.nonFinite > 0 ? ", \(input.nonFinite) not finite" : "")
          + (input.overflow > 0 ? ", \(input.overflow) infinite as read" : "")
      }
      + weights.map { weight in
        "  has \(weight.name), \(weight.type): " + Self.range(weight.minimum, weight.maximum)
      } + sumLines + ["  from: \(explanation)"]
  }

  private var sumLines: [String] {
    guard let sum = sum.value else { return [] }
    return [
      "  sum in binary64: \(Numbers.significant(sum.value)), largest term "
        + "\(Numbers.significant(sum.largestTerm)), all magnitudes "
        + Numbers.significant(sum.magnitude)
    ]
  }

  private var explanation: String {
    switch Origin(rawValue: origin) {
    case .input: "what it reads is not finite"
    case .operand: "what it reads is finite, and infinite once rounded to what the layer reads"
    case .sum: "the sum is beyond binary32"
    case .storage where fault == Location.Fault.underflow.rawValue:
      "the sum is too near to 0 for what holds the value"
    case .storage: "the sum is beyond what holds the value"
    case .partialSum: "parts of the sum are beyond binary32; the whole is not"
    case .operation: "the operation on finite numbers; it has no weights"
    case .backend, nil: "neither weights nor inputs: try --backend reference"
    }
  }

  private static func range(_ minimum: OrNull<Double>, _ maximum: OrNull<Double>) -> String {
    guard let low = minimum.value, let high = maximum.value else { return "nothing finite" }
    return "\(Numbers.significant(low)) to \(Numbers.significant(high))"
  }
}
