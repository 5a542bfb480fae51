/// How three frames are taken from a video.
public struct VideoClipSettings: Sendable, Hashable, Codable {
  /// The height of the frames in pixels, a multiple of 16.
  public var height = 384
  /// The width of the frames in pixels, a multiple of 16.
  public var width = 384
  /// The most objects of a clip, from 1 to 254; others are background.
  public var maximumObjects = 3
  /// The least part of the first frame that an object takes up; those with less are background.
  public var leastArea = 0.001
  /// How many frames with masks may be left out between two.
  public var skip = SkipSchedule()
  /// The side of the part of a frame that is shown, of the largest that has the proportions wanted.
  public var crop = 0.5...1
  /// The probability that left and right change places.
  public var mirrored = 0.5
  /// How the colours differ from the video's, in the same way in all three frames.
  public var color = ColorRange(brightness: 0.1, contrast: 0.15, saturation: 0.25, hue: 8)

  /// The settings that the properties say.
  public init() {}

  /// Throws ``TrainingClipsError/size(height:width:)`` or, with all that is wrong,
  /// ``TrainingClipsError/settings(_:)``.
  public func check() throws(TrainingClipsError) {
    try checkSize(height: height, width: width)
    var problems = ProblemList()
    problems.expect("most objects", maximumObjects, in: 1...254)
    problems.expect("least area", leastArea, in: 0...0.5)
    problems.expect("crop", crop, in: 0.01...1)
    problems.expect("mirrored", mirrored, in: 0...1)
    problems.all += skip.problems + color.problems("color")
    try problems.check()
  }
}
