import Training

/// How something moves over the three frames: at each, how it lies as against the first.
struct LayerMotion {
  /// How something lies as against where it was in the first frame.
  struct Pose: Equatable {
    /// Degrees that it is turned by, clockwise.
    var rotation = 0.0
    /// The natural logarithm of what it is scaled by.
    var scaling = 0.0
    /// Degrees that upright lines lean over.
    var shear = 0.0
    /// How far it went, in pixels.
    var translation = SIMD2<Double>.zero
    /// How far the nine points of ``Box/grid`` went before all that, in pixels.
    var warp = [SIMD2<Double>](repeating: .zero, count: 9)

    /// Both after one another, each part by itself.
    func adding(_ other: Pose) -> Pose {
      Pose(
        rotation: rotation + other.rotation, scaling: scaling + other.scaling,
        shear: shear + other.shear, translation: translation + other.translation,
        warp: zip(warp, other.warp).map { $0 + $1 })
    }

    /// A share of it.
    func scaled(by share: Double) -> Pose {
      Pose(
        rotation: rotation * share, scaling: scaling * share, shear: shear * share,
        translation: translation * share, warp: warp.map { $0 * share })
    }
  }

  /// Where it is in the first frame.
  let box: Box
  /// How it lies in each frame.
  let poses: [Pose]
  private let splines: [ThinPlateSpline?]

  /// Something in `box` that lies so in the frames, the first of which is as it is.
  init(box: Box, poses: [Pose]) {
    precondition(poses.count == TrainingClip.frameCount, "\(poses.count) poses")
    self.box = box
    self.poses = poses
    splines = poses.map { pose in
      guard pose.warp.contains(where: { $0 != .zero }) else { return nil }
      return ThinPlateSpline(from: zip(box.grid, pose.warp).map { $0 + $1 }, to: box.grid)
    }
  }

  /// Something in `box` that moves at random within `range`, `unit` pixels for a translation of 1.
  init(
    box: Box, range: MotionRange, unit: Double, steadiness: Double, random: inout SplitMix64
  ) {
    let first = Self.step(range, box: box, unit: unit, &random)
    let fresh = Self.step(range, box: box, unit: unit, &random)
    let second = first.scaled(by: steadiness).adding(fresh.scaled(by: 1 - steadiness))
    self.init(box: box, poses: [Pose(), first, first.adding(second)])
  }

  private static func step(
    _ range: MotionRange, box: Box, unit: Double, _ random: inout SplitMix64
  ) -> Pose {
    func draw(_ range: Double) -> Double { random.uniform(in: -range...range) }
    func pair(_ range: Double) -> SIMD2<Double> {
      let x = draw(range)
      return SIMD2(x, draw(range))
    }
    return Pose(
      rotation: draw(range.rotation), scaling: draw(range.scaling), shear: draw(range.shear),
      translation: pair(range.translation) * unit,
      warp: box.grid.map { _ in pair(range.warp) * box.extent })
  }

  /// What `frame` does to everything but the bends: from positions in the first frame to those in it.
  func transform(in frame: Int) -> AffineTransform {
    let pose = poses[frame]
    return AffineTransform(
      rotation: pose.rotation, scale: pose.scale, shear: pose.shear, around: box.center,
      translation: pose.translation)
  }

  /// From positions in `frame` to those in the first.
  func back(from frame: Int) -> (SIMD2<Double>) -> SIMD2<Double> {
    let transform = transform(in: frame).inverse
    guard let spline = splines[frame] else { return { transform($0) } }
    return { spline(transform($0)) }
  }

  /// How far bends may take something beyond its box, in pixels of `frame`.
  func bend(in frame: Int) -> Double {
    let most = poses[frame].warp.map { max(abs($0.x), abs($0.y)) }.max() ?? 0
    return 2 * most * poses[frame].scale
  }

  /// How far it went to `frame` from the one before, in pixels; to the first as to the second.
  func way(to frame: Int) -> SIMD2<Double> {
    frame == 0
      ? poses[1].translation - poses[0].translation
      : poses[frame].translation - poses[frame - 1].translation
  }
}
