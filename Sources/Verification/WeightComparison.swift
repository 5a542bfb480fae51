public import Tensors

/// The tensors of two files side by side, by name; the network does not matter.
public struct WeightComparison: Sendable {
  /// How a tensor of the one file differs from its namesake in the other.
  public enum Outcome: String, Sendable, CaseIterable {
    /// Only the reference has it.
    case missing
    /// Only the candidate has it.
    case unexpected
    /// The shapes differ.
    case misshapen
    /// The shapes agree and the types differ.
    case retyped
    /// Type and shape agree and the bytes differ.
    case changed
    /// A file holds it in a type that the suite does not have.
    case unreadable
  }

  /// What a file says of a tensor.
  public struct Description: Sendable, Equatable {
    /// The type of its elements.
    public let type: ElementType
    /// Its dimensions, outermost first.
    public let shape: Shape

    fileprivate init(_ entry: TensorArchive.Entry) {
      type = entry.elementType
      shape = entry.shape
    }
  }

  /// A tensor that is not the same in both files.
  public struct Difference: Sendable {
    /// Its name.
    public let name: String
    /// How it differs.
    public let outcome: Outcome
    /// What the reference says of it; nil where it has none that can be read.
    public let expected: Description?
    /// What the candidate says of it; nil where it has none that can be read.
    public let found: Description?
    /// How far the elements are apart, where the shapes agree.
    public let metrics: ErrorMetrics?
    /// How many elements, as binary64 numbers, do not have the same bits; 0 without metrics.
    public let differingCount: Int
    /// Whether it is changed by no more than the tolerance.
    public let isTolerated: Bool
  }

  /// The tensors that differ, in the order of the reference, then those that only the candidate has.
  public let differences: [Difference]
  /// The number of tensors that are the same bit for bit.
  public let identicalCount: Int
  /// The largest change relative to a tensor's largest magnitude that is let pass; nil for none.
  public let tolerance: Double?

  /// Whether every tensor is identical or changed within the tolerance.
  public var passes: Bool { differences.allSatisfy(\.isTolerated) }

  /// Compares `candidate` with `reference`, tensor by tensor.
  ///
  /// Throws what reading a tensor throws.
  public init(
    of candidate: TensorArchive, with reference: TensorArchive, tolerance: Double? = nil
  ) throws {
    var differences: [Difference] = []
    var identicalCount = 0
    let unreadable = Set(reference.unreadable.keys).union(candidate.unreadable.keys)
    for entry in reference.entries where !unreadable.contains(entry.name) {
      let difference = try Difference(of: candidate[entry.name], with: entry, tolerance: tolerance)
      if let difference { differences.append(difference) } else { identicalCount += 1 }
    }
    for entry in candidate.entries
    where reference[entry.name] == nil && !unreadable.contains(entry.name) {
      differences.append(
        Difference(entry.name, .unexpected, expected: nil, found: Description(entry)))
    }
    for name in unreadable.sorted() {
      differences.append(
        Difference(
          name, .unreadable, expected: reference[name].map(Description.init),
          found: candidate[name].map(Description.init)))
    }
    self.differences = differences
    self.identicalCount = identicalCount
    self.tolerance = tolerance
  }
}

extension WeightComparison.Difference {
  fileprivate init(
    _ name: String, _ outcome: WeightComparison.Outcome, expected: WeightComparison.Description?,
    found: WeightComparison.Description?
  ) {
    self.init(
      name: name, outcome: outcome, expected: expected, found: found, metrics: nil,
      differingCount: 0, isTolerated: false)
  }

  /// The difference of `candidate` from `reference`; nil where there is none.
  fileprivate init?(
    of candidate: TensorArchive.Entry?, with reference: TensorArchive.Entry, tolerance: Double?
  ) throws {
    let expected = WeightComparison.Description(reference)
    guard let candidate else {
      self.init(reference.name, .missing, expected: expected, found: nil)
      return
    }
    let found = WeightComparison.Description(candidate)
    guard expected.shape == found.shape else {
      self.init(reference.name, .misshapen, expected: expected, found: found)
      return
    }
    let (left, right) = (try reference.tensor(), try candidate.tensor())
    guard !left.isBitIdentical(to: right) else { return nil }
    let isRetyped = expected.type != found.type
    let (metrics, differingCount) = Self.compare(left, right)
    let isTolerated = tolerance.map { metrics.relativeMaximumError <= $0 } ?? false
    self.init(
      name: reference.name, outcome: isRetyped ? .retyped : .changed, expected: expected,
      found: found, metrics: metrics, differingCount: differingCount,
      isTolerated: isTolerated && !isRetyped)
  }

  private static func compare(_ left: Tensor, _ right: Tensor) -> (ErrorMetrics, Int) {
    var metrics = ErrorMetrics()
    var differingCount = 0
    let count = left.shape.elementCount
    for start in stride(from: 0, to: count, by: Tensor.blockCount) {
      let range = start..<min(start + Tensor.blockCount, count)
      let (reference, candidate) = (left.numbers(in: range), right.numbers(in: range))
      for index in reference.indices {
        metrics.include(reference: reference[index], candidate: candidate[index])
        differingCount += reference[index].bitPattern == candidate[index].bitPattern ? 0 : 1
      }
    }
    return (metrics, differingCount)
  }
}
