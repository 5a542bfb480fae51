public import Quantization

/// A layer whose precision is searched for.
public struct SearchLayer: Sendable, Hashable {
  /// One precision that it may have.
  public struct Option: Sendable, Hashable {
    /// The precision.
    public let precision: Precision
    /// The noise (``PlanQuality/noise``) of the layer alone in it, everything else in binary32.
    public let harm: Double

    /// An option; `harm` is finite and not negative.
    public init(_ precision: Precision, harm: Double) {
      precondition(harm.isFinite && harm >= 0, "harm \(harm)")
      self.precision = precision
      self.harm = harm
    }
  }

  /// The layer's name.
  public let name: String
  /// The program that it belongs to.
  public let program: String
  /// What it may be in; there is at least one.
  public let options: [Option]

  /// A layer with at least one option.
  public init(name: String, program: String, options: [Option]) {
    precondition(!options.isEmpty, "'\(name)' has no option")
    self.name = name
    self.program = program
    self.options = options
  }
}

/// What a plan costs.
public struct PlanCost: Sendable, Hashable, CustomStringConvertible {
  /// The bytes of the model file.
  public let bytes: Int
  /// The time that a frame takes, where profiles say so.
  public let milliseconds: Double?

  /// A cost.
  public init(bytes: Int, milliseconds: Double? = nil) {
    self.bytes = bytes
    self.milliseconds = milliseconds
  }

  /// `4459438 bytes, 12.1 ms`.
  public var description: String {
    "\(bytes) bytes" + (milliseconds.map { ", \($0) ms" } ?? "")
  }
}

/// What a plan must keep to.
public struct SearchConstraints: Sendable, Hashable, CustomStringConvertible {
  /// The most bytes of the model file.
  public let maximumBytes: Int?
  /// The most milliseconds of a frame.
  public let maximumMilliseconds: Double?
  /// The least IoU of each clip's masks with those of binary32.
  public let minimumIoU: Double?

  /// Constraints, of which there must be at least one.
  public init(
    maximumBytes: Int? = nil, maximumMilliseconds: Double? = nil, minimumIoU: Double? = nil
  ) {
    precondition(
      maximumBytes != nil || maximumMilliseconds != nil || minimumIoU != nil, "no constraint")
    self.maximumBytes = maximumBytes
    self.maximumMilliseconds = maximumMilliseconds
    self.minimumIoU = minimumIoU
  }

  /// Whether the cost is limited, so that the best masks within it are looked for; otherwise the least
  /// cost is, of masks that are good enough.
  public var limitsCost: Bool { maximumBytes != nil || maximumMilliseconds != nil }

  /// `at most 4459438 bytes, an IoU of at least 0.998`.
  public var description: String {
    [
      maximumBytes.map { "at most \($0) bytes" },
      maximumMilliseconds.map { "at most \($0) ms a frame" },
      minimumIoU.map { "an IoU of at least \($0)" },
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// How far `bytes` and `milliseconds` are above their limits, as shares of these; 0 within.
  func excess(bytes: Double, milliseconds: Double) -> Double {
    let size = maximumBytes.map { max(0, bytes / Double($0) - 1) } ?? 0
    let time = maximumMilliseconds.map { max(0, milliseconds / $0 - 1) } ?? 0
    return size + time
  }

  /// How far a plan is from keeping to everything; 0 where it does.
  func violation(_ cost: PlanCost, _ quality: PlanQuality) -> Double {
    excess(bytes: Double(cost.bytes), milliseconds: cost.milliseconds ?? 0)
      + (minimumIoU.map { max(0, $0 - quality.iou) } ?? 0)
  }
}
