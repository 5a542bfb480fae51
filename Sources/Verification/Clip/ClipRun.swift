import Segmentation
import Tensors

/// Both networks on their way through a clip.
struct ClipRun {
  /// What is known of the layers.
  let comparison: LayerComparison
  /// The frames that are done.
  private(set) var frames: [ClipVerification.Frame] = []
  /// The teacher-forced logits.
  private(set) var logits = ErrorMetrics()
  /// The worst frames.
  private(set) var worst: WorstPictures

  private let clip: Clip
  private let objects: [UInt8]
  private var leader: VideoSegmentation
  private var isolated: VideoSegmentation
  private var forced: VideoSegmentation
  private var free: VideoSegmentation
  private var frame: FloatTensor
  private var known: FloatTensor
  private var own: FloatTensor

  init(
    reference: CompiledNetwork, candidate: CompiledNetwork, clip: Clip, keeping pictures: Int
  ) throws {
    worst = WorstPictures(limit: pictures)
    func segmentation(_ network: CompiledNetwork) -> VideoSegmentation {
      VideoSegmentation(network, height: clip.height, width: clip.width)
    }
    comparison = LayerComparison(of: candidate, with: reference)
    self.clip = clip
    objects = clip.objects
    leader = segmentation(reference)
    isolated = segmentation(candidate)
    forced = segmentation(candidate)
    free = segmentation(candidate)
    frame = try clip.frame(0)
    known = clip.firstMask.probabilities(of: clip.objects)
    own = known
  }

  /// Goes on by a frame; whether there was one.
  mutating func advance() throws -> Bool {
    let index = frames.count + 1
    guard index < clip.frameCount else { return false }
    try leader.memorize(frame: frame, probabilities: known, taps: comparison.record(0))
    try forced.memorize(
      frame: frame, probabilities: known, taps: comparison.accumulate(0, frame: index - 1))
    try isolated.memorize(
      frame: frame, probabilities: known, taps: comparison.isolate(0, frame: index - 1))
    try free.memorize(frame: frame, probabilities: own)

    frame = try clip.frame(index)
    let led = try leader.segment(
      frame: frame, taps: (comparison.record(1), comparison.record(2)))
    let followed = try forced.segment(
      frame: frame,
      taps: (
        comparison.accumulate(1, frame: index), comparison.accumulate(2, frame: index)
      ))
    _ = try isolated.segment(
      frame: frame,
      taps: (comparison.isolate(1, frame: index), comparison.isolate(2, frame: index)))
    (known, own) = (led.probabilities, try free.segment(frame: frame).probabilities)
    logits.include(reference: led.logits, candidate: followed.logits)
    let masks = FrameMasks(
      reference: ObjectMask(mostProbable: known, of: clip.objects),
      teacherForced: ObjectMask(mostProbable: followed.probabilities, of: clip.objects),
      freeRunning: ObjectMask(mostProbable: own, of: clip.objects), truth: try clip.truth(index))
    let result = compared(masks, index)
    frames.append(result)
    worst.include(result, masks)
    return true
  }

  private func compared(_ masks: FrameMasks, _ index: Int) -> ClipVerification.Frame {
    ClipVerification.Frame(
      index: index, name: clip.frameNames[index], memoryFrames: leader.framesInMemory.count,
      teacherForcedChange: masks.change(masks.teacherForced),
      freeRunningChange: masks.change(masks.freeRunning), objects: objects.map(masks.object))
  }
}
