public import Execution
public import Models
public import Segmentation

/// One model's own way through a clip, as in use, and how long it takes.
public struct PlainRun: Sendable {
  /// How many frames were segmented.
  public let frameCount: Int
  /// How long that took in seconds, with reading the frames and the first run's preparations.
  public let seconds: Double

  /// Compiles `model` for `backend` and segments `clip`, each frame on the masks before it; memory
  /// reads are limited to the `topK` best entries.
  ///
  /// Throws what compiling, reading the clip and running throw.
  public init(of model: Model, over clip: Clip, backend: any Backend, topK: Int? = nil) throws {
    try self.init(of: try CompiledNetwork(model, backend: backend, topK: topK), over: clip)
  }

  /// Segments `clip`, or its first `maximumFrames`, with `network`. Throws what reading the clip and
  /// running throw.
  public init(
    of network: CompiledNetwork, over clip: Clip, maximumFrames: Int = .max
  ) throws {
    let start = ContinuousClock.now
    var segmentation = VideoSegmentation(network, height: clip.height, width: clip.width)
    var frame = try clip.frame(0)
    var known = clip.firstMask.probabilities(of: clip.objects)
    for index in 1..<min(clip.frameCount, maximumFrames) {
      try segmentation.memorize(frame: frame, probabilities: known)
      frame = try clip.frame(index)
      known = try segmentation.segment(frame: frame).probabilities
    }
    frameCount = min(clip.frameCount, maximumFrames) - 1
    seconds = (ContinuousClock.now - start) / .seconds(1)
  }
}
