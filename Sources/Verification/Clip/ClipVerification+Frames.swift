import Evaluation
public import Segmentation

extension ClipVerification {
  /// How far two masks of an object agree.
  public struct Agreement: Sendable, Hashable, Codable {
    /// Intersection over union, known as region similarity J.
    public let region: Double
    /// Contour accuracy F.
    public let boundary: Double
  }

  /// The candidate's mask of one object beside the reference's.
  public struct Difference: Sendable, Hashable, Codable {
    /// How far they agree.
    public let agreement: Agreement
    /// How many pixels belong to the object in one of them alone.
    public let changedPixels: Int
  }

  /// The masks of one object beside the ground truth.
  public struct Truth: Sendable, Hashable, Codable {
    /// The reference's.
    public let reference: Agreement
    /// The teacher-forced candidate's.
    public let teacherForced: Agreement
    /// The free-running candidate's.
    public let freeRunning: Agreement
  }

  /// One object in one frame.
  public struct Object: Sendable, Hashable, Codable {
    /// The object's id in the masks.
    public let id: UInt8
    /// The teacher-forced candidate's mask beside the reference's.
    public let teacherForced: Difference
    /// The free-running candidate's mask beside the reference's.
    public let freeRunning: Difference
    /// All beside the ground truth, where the frame has one.
    public let truth: Truth?
  }

  /// One segmented frame.
  public struct Frame: Sendable, Hashable, Codable {
    /// The frame's number in the clip; segmentation starts at 1.
    public let index: Int
    /// The frame's name in the clip.
    public let name: String
    /// How many frames were in memory.
    public let memoryFrames: Int
    /// The share of the pixels that belong to something else than in the reference's mask,
    /// teacher-forced.
    public let teacherForcedChange: Double
    /// The share of the pixels that belong to something else, free-running.
    public let freeRunningChange: Double
    /// The objects of the first mask in the order of their ids.
    public let objects: [Object]

    /// The mean IoU of the free-running candidate's masks with the reference's; full where there are
    /// none.
    public var freeRunningIoU: Double {
      let values = objects.map(\.freeRunning.agreement.region)
      return values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count)
    }
  }
}

extension ClipVerification {
  /// A segmented frame with its masks.
  public struct Picture: Sendable {
    /// The frame's number in the clip.
    public let index: Int
    /// The masks.
    public let masks: FrameMasks
    /// The frame's ``Frame/freeRunningIoU``.
    let agreement: Double
  }
}

/// The masks of one frame.
public struct FrameMasks: Sendable {
  /// The reference's.
  public let reference: ObjectMask
  /// The teacher-forced candidate's.
  public let teacherForced: ObjectMask
  /// The free-running candidate's.
  public let freeRunning: ObjectMask
  /// The ground truth, where there is one.
  public let truth: ObjectMask?

  /// Object number `id` in all of them.
  func object(_ id: UInt8) -> ClipVerification.Object {
    ClipVerification.Object(
      id: id, teacherForced: difference(teacherForced, id),
      freeRunning: difference(freeRunning, id),
      truth: truth.map { truth in
        ClipVerification.Truth(
          reference: reference.agreement(with: truth, id),
          teacherForced: teacherForced.agreement(with: truth, id),
          freeRunning: freeRunning.agreement(with: truth, id))
      })
  }

  /// The share of the pixels of `mask` that differ from the reference's.
  func change(_ mask: ObjectMask) -> Double {
    Double(mask.changedPixels(from: reference)) / Double(mask.ids.count)
  }

  private func difference(_ mask: ObjectMask, _ id: UInt8) -> ClipVerification.Difference {
    ClipVerification.Difference(
      agreement: mask.agreement(with: reference, id),
      changedPixels: mask.changedPixels(from: reference, id: id))
  }
}

extension ObjectMask {
  fileprivate func agreement(
    with other: ObjectMask, _ id: UInt8
  ) -> ClipVerification.Agreement {
    ClipVerification.Agreement(
      region: intersectionOverUnion(with: other, id: id),
      boundary: boundaryAccuracy(with: other, id: id))
  }
}
