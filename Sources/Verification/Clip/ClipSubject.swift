public import Models
import Quantization
public import Segmentation

/// What a comparison over a clip is of: whoever compares two reports asks whether they are of one.
public struct ClipSubject: Sendable, Hashable, Codable {
  /// One of the two models.
  public struct Side: Sendable, Hashable, Codable {
    /// What tells its weights from others (`Model.fingerprint`).
    public let fingerprint: String
    /// The name of its plan.
    public let precision: String

    /// What is known of `model`. Throws what reading its tensors throws.
    public init(_ model: Model) throws {
      fingerprint = try model.fingerprint
      precision = model.plan.name
    }
  }

  /// The model to compare with.
  public let reference: Side
  /// The model that is judged.
  public let candidate: Side
  /// The name of the clip's folder.
  public let clip: String
  /// How many frames of it were used.
  public let frameCount: Int
  /// Their width and height in pixels, after scaling.
  public let width: Int, height: Int
  /// The largest id of its objects.
  public let objectCount: Int

  /// A comparison of two models over `clip`.
  public init(reference: Side, candidate: Side, clip: Clip) {
    self.reference = reference
    self.candidate = candidate
    self.clip = clip.name
    frameCount = clip.frameCount
    (width, height) = (clip.width, clip.height)
    objectCount = clip.objects.count
  }
}
