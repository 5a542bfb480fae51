import Execution
import Segmentation

extension CompiledNetwork {
  /// Segments the first `frames` frames of `clip` in the real loop: what is memorized are the
  /// network's own soft masks, and what is segmented reads a growing memory.
  ///
  /// `taps` are those of `CompiledNetwork.programs`, in their order; `progress` is
  /// told how many frames are done. Throws what reading the clip and running the programs throw.
  func follow(_ clip: Clip, frames: Int, taps: [Taps], progress: (Int) -> Void) throws {
    var frame = try clip.frame(0)
    var probabilities = clip.firstMask.probabilities(of: clip.objects)
    var segmentation = VideoSegmentation(self, height: clip.height, width: clip.width)
    for index in 1..<min(frames, clip.frameCount) {
      try segmentation.memorize(frame: frame, probabilities: probabilities, taps: taps[0])
      frame = try clip.frame(index)
      probabilities = try segmentation.segment(frame: frame, taps: (taps[1], taps[2]))
        .probabilities
      progress(index)
    }
  }
}
