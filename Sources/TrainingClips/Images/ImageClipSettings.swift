/// How pictures become clips of three frames: what may happen to objects and background, and how far.
///
/// What moves, warps, changes colour or blurs does so from frame to frame: the first frame shows things
/// as they are, the second and third go on from it.
public struct ImageClipSettings: Sendable, Hashable, Codable {
  /// The height of the frames in pixels, a multiple of 16.
  public var height = 384
  /// The width of the frames in pixels, a multiple of 16.
  public var width = 384
  /// The most objects of a clip, from 1 to 254; the number is drawn from 1 to this.
  public var maximumObjects = 3
  /// The least part of the first frame that each object takes up.
  public var leastArea = 0.002
  /// The side of the part of a picture that a frame shows, of the largest that has the frame's
  /// proportions.
  public var crop = 0.5...1
  /// The probability that left and right change places, of a picture and of an object put onto one.
  public var mirrored = 0.5
  /// The probability that the background is the picture that the first object is from, with the hole
  /// filled that the object leaves and the object at its place; else it is another picture without its
  /// objects. Cut-outs have none of their own.
  public var ownBackground = 0.5
  /// The longer side of an object that is put onto another picture, of the frame's shorter side, but at
  /// most ``mostEnlarged`` times as many pixels as it has.
  public var objectSize = 0.3...0.8
  /// The largest angle, in degrees, by which an object that is put onto another picture is turned.
  public var objectTilt = 20.0
  /// How objects move, each by itself.
  public var objectMotion = MotionRange(
    rotation: 10, scaling: 0.08, shear: 5, translation: 0.08, warp: 0.04)
  /// How the background moves.
  public var backgroundMotion = MotionRange(
    rotation: 3, scaling: 0.04, shear: 2, translation: 0.05, warp: 0.01)
  /// How much of its motion from the first frame to the second a thing keeps on the way to the third,
  /// from 0 to 1; the rest is drawn anew.
  public var steadiness = 0.5
  /// How the colours of the whole clip differ from the pictures'.
  public var color = ColorRange(brightness: 0.1, contrast: 0.15, saturation: 0.25, hue: 8)
  /// How the colours of each object and of the background change from a frame to the next.
  public var colorDrift = ColorRange(brightness: 0.03, contrast: 0.05, saturation: 0.05, hue: 2)
  /// How objects and background are blurred, each by itself.
  public var blur = BlurRange(probability: 0.15, gaussian: 0.006, shutter: 0.6)
  /// How something covers an object.
  public var occlusion = OcclusionRange(probability: 0.3, size: 0.4...0.9)

  /// By what an object that is put onto another picture is enlarged at most.
  public static let mostEnlarged = 4.0

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
    problems.expect("own background", ownBackground, in: 0...1)
    problems.expect("object size", objectSize, in: 0.05...2)
    problems.expect("object tilt", objectTilt, in: 0...180)
    problems.expect("steadiness", steadiness, in: 0...1)
    problems.all += objectMotion.problems("object motion")
    problems.all += backgroundMotion.problems("background motion")
    problems.all += color.problems("color") + colorDrift.problems("color drift")
    problems.all += blur.problems("blur") + occlusion.problems("occlusion")
    try problems.check()
  }
}

/// How far something may move from a frame to the next.
public struct MotionRange: Sendable, Hashable, Codable {
  /// The degrees that it may turn.
  public var rotation: Double
  /// By what share it may grow or shrink, as a natural logarithm.
  public var scaling: Double
  /// The degrees that upright lines may lean over.
  public var shear: Double
  /// How far it may go across and down, of the frame's shorter side.
  public var translation: Double
  /// How far each of nine points of a thin-plate spline may go across and down, of the thing's sides.
  public var warp: Double

  /// These ranges; those that are not given are 0.
  public init(
    rotation: Double = 0, scaling: Double = 0, shear: Double = 0, translation: Double = 0,
    warp: Double = 0
  ) {
    self.rotation = rotation
    self.scaling = scaling
    self.shear = shear
    self.translation = translation
    self.warp = warp
  }

  /// What is wrong with them, each line beginning with `name`.
  func problems(_ name: String) -> [String] {
    var problems = ProblemList()
    problems.expect("\(name) rotation", rotation, in: 0...180)
    problems.expect("\(name) scaling", scaling, in: 0...1)
    problems.expect("\(name) shear", shear, in: 0...30)
    problems.expect("\(name) translation", translation, in: 0...1)
    problems.expect("\(name) warp", warp, in: 0...0.12)
    return problems.all
  }
}

/// How things are blurred. One is blurred either as if out of focus or as if it moved while the shutter
/// was open: not in the first frame, half in the second, wholly in the third.
public struct BlurRange: Sendable, Hashable, Codable {
  /// The probability that a thing is blurred.
  public var probability: Double
  /// The largest standard deviation of a blur out of focus, of the frame's shorter side.
  public var gaussian: Double
  /// The largest part of its way from frame to frame along which something that moves is blurred.
  public var shutter: Double

  /// These ranges.
  public init(probability: Double, gaussian: Double, shutter: Double) {
    self.probability = probability
    self.gaussian = gaussian
    self.shutter = shutter
  }

  /// What is wrong with them, each line beginning with `name`.
  func problems(_ name: String) -> [String] {
    var problems = ProblemList()
    problems.expect("\(name) probability", probability, in: 0...1)
    problems.expect("\(name) gaussian", gaussian, in: 0...0.05)
    problems.expect("\(name) shutter", shutter, in: 0...2)
    return problems.all
  }
}

/// How something that is background in the masks comes over one of the objects in the second or the
/// third frame: an object of another picture, or a plain ellipse or rectangle, as likely.
public struct OcclusionRange: Sendable, Hashable, Codable {
  /// The probability that there is one.
  public var probability: Double
  /// Its longer side, of the object's.
  public var size: ClosedRange<Double>

  /// These ranges.
  public init(probability: Double, size: ClosedRange<Double>) {
    self.probability = probability
    self.size = size
  }

  /// What is wrong with them, each line beginning with `name`.
  func problems(_ name: String) -> [String] {
    var problems = ProblemList()
    problems.expect("\(name) probability", probability, in: 0...1)
    problems.expect("\(name) size", size, in: 0.05...2)
    return problems.all
  }
}
