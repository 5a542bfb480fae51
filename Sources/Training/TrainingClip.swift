public import Segmentation
public import Tensors

/// Three frames that a network is trained on: the first with its mask is memorized, the second is
/// segmented and memorized with what came out, the third is segmented (Oh et al., ICCV 2019, section
/// 3.5).
public struct TrainingClip: Sendable, Equatable {
  /// How many frames there are.
  public static let frameCount = 3

  /// The frames, each `[1, 3, H, W]`: RGB from 0 to 1; `H` and `W` are multiples of 16.
  public let frames: [FloatTensor]
  /// The mask of each frame: 0 background, 1 to ``objectCount`` the objects, `ObjectMask.void` where
  /// nobody knows. An object need not be in the second and third.
  public let masks: [ObjectMask]
  /// The number of objects, at least 1: all are in the first frame.
  public let objectCount: Int
  /// Where it is from, for messages: the image or the clip.
  public let source: String

  /// A clip.
  public init(frames: [FloatTensor], masks: [ObjectMask], objectCount: Int, source: String) {
    precondition(frames.count == Self.frameCount && masks.count == Self.frameCount)
    precondition(objectCount >= 1, "no objects")
    self.frames = frames
    self.masks = masks
    self.objectCount = objectCount
    self.source = source
  }
}

/// Where clips to train on come from.
///
/// The same place of the same step is the same clip, whoever asks and whenever: that is what lets a
/// training go on where it was interrupted, and processes share a batch.
public protocol ClipSource: Sendable {
  /// The clip at `position` of the batch of `step`, both counted from 0.
  ///
  /// Throws what reading pictures throws.
  func clip(step: Int, position: Int) throws -> TrainingClip
}
