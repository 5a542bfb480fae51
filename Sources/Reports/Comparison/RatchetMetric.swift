/// What must not get worse from one report to the next, by the name that tolerances use.
public enum RatchetMetric: String, Sendable, CaseIterable {
  /// A signal-to-noise ratio in dB: of a layer, isolated, contributed or accumulated, or of logits.
  case sqnr
  /// IoU with the reference's masks.
  case iou
  /// Contour accuracy F with the reference's masks.
  case boundary
  /// Region similarity J with the ground truth.
  case j
  /// Contour accuracy F with the ground truth.
  case f

  /// How much less may be lost unless told otherwise: half a dB, or a thousandth.
  public var standardTolerance: Double { self == .sqnr ? 0.5 : 0.001 }

  /// `value` as text.
  func text(_ value: Double) -> String {
    self == .sqnr ? Numbers.decibels(value) + " dB" : Numbers.ratio(value)
  }
}
