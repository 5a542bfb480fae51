public import Training

/// Clips that are made of files.
public protocol FileClips: ClipSource {
  /// The files that clips are made of, in an order of their own: the same files, the same order.
  var files: [String] { get }
}
