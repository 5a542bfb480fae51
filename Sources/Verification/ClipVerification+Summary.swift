import Quantization

extension ClipVerification {
  /// The mean of `value` over all frames and objects.
  private func mean(_ value: (Object) -> Double?) -> Double? {
    let values = frames.flatMap(\.objects).compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The mean IoU of the teacher-forced candidate's masks with the reference's.
  public var teacherForcedIoU: Double { mean(\.teacherForced) ?? 1 }

  /// The mean IoU of the free-running candidate's masks with the reference's.
  public var freeRunningIoU: Double { mean(\.freeRunning) ?? 1 }

  /// The smallest IoU of a mask of the free-running candidate with the reference's.
  public var worstIoU: Double { frames.flatMap(\.objects).map(\.freeRunning).min() ?? 1 }

  /// The reference's mean IoU with the ground truth, or nil where the clip has none.
  public var referenceTruth: Double? { mean(\.referenceTruth) }

  /// The candidate's mean IoU with the ground truth, or nil where the clip has none.
  public var candidateTruth: Double? { mean(\.candidateTruth) }

  /// The share of the convolutions that run in the standard precision of the candidate's plan.
  public var coverage: Double {
    let convolutions = layers.filter(\.isConvolution)
    let covered = convolutions.count { $0.precision == plan.standard }
    return convolutions.isEmpty ? 1 : Double(covered) / Double(convolutions.count)
  }

  /// The first layer to run whose SQNR is below its tolerance.
  public var firstCause: Layer? { layers.first { !$0.passes } }

  /// Whether every layer and both mean IoUs reach their gates.
  public var passes: Bool {
    firstCause == nil && teacherForcedIoU >= minimumIoU && freeRunningIoU >= minimumIoU
  }
}
