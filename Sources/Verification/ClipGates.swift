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

  /// The gates that a candidate in `precision` has unless told otherwise.
  public static func standard(
    for precision: Precision, minimumIoU: Double? = nil, exceptions: [Tolerances.Exception] = []
  ) -> ClipGates {
    let (iou, sqnr) =
      switch precision {
      case .float32: (0.999, 90.0)
      case .float16: (0.995, 50.0)
      case .bfloat16: (0.99, 30.0)
      case .int8: (0.98, 15.0)
      }
    return ClipGates(
      minimumIoU: minimumIoU ?? iou, sqnr: Tolerances(standard: sqnr, exceptions: exceptions))
  }
}
