import Foundation

/// How close a plan comes to binary32 over some clips, teacher-forced: whatever is memorized are the
/// masks of the binary32 model, so that each frame shows its own error.
public struct PlanQuality: Sendable, Hashable, Codable, CustomStringConvertible {
  /// One clip.
  public struct Clip: Sendable, Hashable, Codable {
    /// The name of its folder.
    public let name: String
    /// The energy of the logits' error over that of the logits: `10^(-SQNR / 10)`. Infinite where a
    /// logit is not finite.
    public let noise: Double
    /// The mean IoU of the masks with those of binary32, over frames and objects.
    public let iou: Double

    /// A clip's quality.
    public init(name: String, noise: Double, iou: Double) {
      self.name = name
      self.noise = noise
      self.iou = iou
    }
  }

  /// The clips; there is at least one.
  public let clips: [Clip]

  /// The quality over `clips`, of which there must be at least one.
  public init(_ clips: [Clip]) {
    precondition(!clips.isEmpty, "no clip")
    self.clips = clips
  }

  /// The mean of the clips' noises: each clip counts the same. That of several layers, each in a
  /// precision of its own, is about the sum of their own.
  public var noise: Double { clips.map(\.noise).reduce(0, +) / Double(clips.count) }

  /// ``noise`` as a signal-to-quantization-noise ratio in dB; infinite without noise.
  public var sqnr: Double { noise > 0 ? -10 * log10(noise) : .infinity }

  /// The IoU of the clip that fares worst.
  public var iou: Double { clips.map(\.iou).min() ?? 1 }

  /// `IoU 0.9981, 38.3 dB`.
  public var description: String {
    String(format: "IoU %.4f, %.1f dB", iou, sqnr)
  }
}
