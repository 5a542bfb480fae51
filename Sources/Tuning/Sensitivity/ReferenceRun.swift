import Evaluation
import Execution
import Segmentation
import Tensors
import Verification

/// A clip as the binary32 model segments it: what candidates are given, and what they are held
/// against.
///
/// Frames and logits are kept: `12 + 8 N` bytes a pixel of each frame with `N` objects.
struct ReferenceRun {
  /// The clip's name.
  let name: String
  /// The number of frames.
  var frameCount: Int { frames.count }

  private let padding: FramePadding
  private let frames: [FloatTensor]
  private let given: FloatTensor
  /// Of the frames from the second on.
  private let logits: [FloatTensor]
  private let masks: [ObjectMask]
  private let objects: [UInt8]

  /// Segments `clip` with `network`; `progress` is told how many frames are done.
  ///
  /// Throws what reading the clip and running the programs throw.
  init(of clip: Clip, by network: CompiledNetwork, progress: (Int) -> Void) throws {
    name = clip.name
    padding = FramePadding(height: clip.height, width: clip.width)
    given = clip.firstMask.probabilities(of: clip.objects)
    objects = clip.objects
    var segmentation = VideoSegmentation(network, height: clip.height, width: clip.width)
    var frame = try clip.frame(0)
    var frames = [padding.pad(frame)]
    var (logits, masks): ([FloatTensor], [ObjectMask]) = ([], [])
    var probabilities = given
    for index in 1..<clip.frameCount {
      try segmentation.memorize(frame: frame, probabilities: probabilities)
      frame = try clip.frame(index)
      let result = try segmentation.segment(frame: frame)
      probabilities = result.probabilities
      frames.append(padding.pad(frame))
      logits.append(result.logits)
      masks.append(ObjectMask(mostProbable: probabilities, of: objects))
      progress(index)
    }
    (self.frames, self.logits, self.masks) = (frames, logits, masks)
  }

  /// What `query` is given for frame `index`.
  func querying(_ index: Int) -> [String: any HeldTensor] { ["frame": frames[index]] }

  /// What `memorize` is given for frame `index`: the reference's masks.
  func memorizing(_ index: Int) -> [String: any HeldTensor] {
    let probabilities = index == 0 ? given : probabilities(of: logits[index - 1])
    let masks = padding.pad(probabilities.sliced(1..<probabilities.shape[0], axis: 0))
    return ["frame": frames[index], "mask": masks, "others": VideoSegmentation.others(masks)]
  }

  /// The IoU of each object in the mask that `candidate`, logits of frame `index`, make.
  func overlaps(of candidate: FloatTensor, at index: Int) -> [Double] {
    let mask = ObjectMask(mostProbable: probabilities(of: candidate), of: objects)
    return objects.map { mask.intersectionOverUnion(with: masks[index - 1], id: $0) }
  }

  /// Adds how far `candidate`, logits of frame `index`, are off to `metrics`.
  func compare(_ candidate: FloatTensor, at index: Int, in metrics: inout ErrorMetrics) {
    metrics.include(reference: logits[index - 1], candidate: candidate)
  }

  private func probabilities(of logits: FloatTensor) -> FloatTensor {
    SoftAggregation.aggregate(padding.crop(SoftAggregation.objectProbabilities(logits)))
  }

  /// The clip's name, its number of frames, and what tells these and the first mask from others.
  var origin: String {
    var fingerprint = Fingerprint()
    for tensor in frames + [given] { fingerprint.include(tensor.values) }
    return "\(name), \(frameCount) frames, \(fingerprint.text)"
  }
}
