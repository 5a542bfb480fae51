import Networks
public import Quantization

/// What a candidate must reach over a clip.
public struct ClipGates: Sendable {
  /// The smallest mean IoU of its masks with the reference's, teacher-forced and free-running.
  public let minimumIoU: Double
  /// The smallest SQNR of each layer in dB.
  public let sqnr: Tolerances

  /// Gates.
  public init(minimumIoU: Double, sqnr: Tolerances) {
    self.minimumIoU = minimumIoU
    self.sqnr = sqnr
  }

  /// The gates that a candidate of `plan` has unless told otherwise: the lowest of those of its
  /// precisions.
  public static func standard(
    for plan: PrecisionPlan, minimumIoU: Double? = nil, exceptions: [Tolerances.Exception] = []
  ) -> ClipGates {
    let gates = ([plan.standard] + plan.exceptions.values + plan.memories.values).map(gates)
    return ClipGates(
      minimumIoU: minimumIoU ?? gates.map(\.iou).min() ?? 1,
      sqnr: Tolerances(standard: gates.map(\.sqnr).min() ?? 0, exceptions: exceptions))
  }

  private static func gates(of precision: Precision) -> (iou: Double, sqnr: Double) {
    switch precision {
    case .float32: (0.999, 90)
    case .float16: (0.995, 50)
    case .bfloat16: (0.99, 30)
    case .w8: (0.99, 25)
    case .int8: (0.98, 15)
    }
  }
}
