import Images
import Testing
import Training

@testable import TrainingClips

@Suite struct GeometryTests {
  @Test func `a quarter turn clockwise takes what is on the right below`() {
    let turn = AffineTransform(rotation: 90, scale: 1, shear: 0, around: SIMD2(2, 3))
    #expect(distance(turn(SIMD2(3, 3)), SIMD2(2, 4)) < 1e-12)
    #expect(distance(turn(SIMD2(2, 3)), SIMD2(2, 3)) < 1e-12)
  }

  @Test func `shear, scale, turn and translation come in this order`() {
    // (1, 1) leans to (2, 1), grows to (4, 2), turns to (-2, 4) and goes to (8, 5).
    let transform = AffineTransform(
      rotation: 90, scale: 2, shear: 45, around: .zero, translation: SIMD2(10, 1))
    #expect(distance(transform(SIMD2(1, 1)), SIMD2(8, 5)) < 1e-12)
    #expect(abs(transform.scale - 2) < 1e-12)
  }

  @Test func `a transform and its inverse cancel`() {
    let transform = AffineTransform(
      rotation: 33, scale: 1.7, shear: -12, around: SIMD2(5, 9), translation: SIMD2(-4, 2))
    let position = SIMD2(7.5, -3)
    #expect(distance(transform.inverse(transform(position)), position) < 1e-12)
    #expect(distance(transform.followed(by: transform.inverse)(position), position) < 1e-12)
  }

  @Test func `a thin-plate spline passes through its control points`() throws {
    let fixture = try WarpFixture.read()
    let spline = ThinPlateSpline(from: fixture.points, to: fixture.places)
    for (point, place) in zip(fixture.points, fixture.places) {
      #expect(distance(spline(point), place) < 1e-9)
    }
  }

  @Test func `a thin-plate spline is SciPy's between its control points`() throws {
    let fixture = try WarpFixture.read()
    let spline = ThinPlateSpline(from: fixture.points, to: fixture.places)
    for (query, result) in zip(fixture.queries, fixture.results) {
      #expect(distance(spline(query), result) < 1e-8)
    }
  }

  @Test func `a thin-plate spline of an affine map is that map`() {
    let box = Box(low: SIMD2(1, 2), high: SIMD2(9, 5))
    let transform = AffineTransform(rotation: 20, scale: 1.2, shear: 4, around: box.center)
    let spline = ThinPlateSpline(from: box.grid, to: box.grid.map { transform($0) })
    #expect(distance(spline(SIMD2(30, -7)), transform(SIMD2(30, -7))) < 1e-9)
  }

  @Test func `a mirrored window shows its right side on the left`() {
    var random = SplitMix64(seed: 1)
    let window = CropWindow(
      into: ImageSize(width: 100, height: 50), width: 20, height: 20, shares: 0.5...0.5,
      mirrored: 1, random: &random)
    #expect(distance(window.box.extent, SIMD2(25, 25)) < 1e-12)
    #expect(window.place(width: 20)(.zero) == SIMD2(window.box.high.x, window.box.low.y))
    #expect(
      distance(window.place(width: 20)(SIMD2(20, 20)), SIMD2(window.box.low.x, window.box.high.y))
        < 1e-12)
  }

  @Test func `a window lies in the picture and holds what it is to hold`() {
    var random = SplitMix64(seed: 2)
    for target in [SIMD2(0.5, 0.5), SIMD2(99.5, 20), SIMD2(50, 49.5)] {
      for _ in 0..<20 {
        let box = CropWindow(
          into: ImageSize(width: 100, height: 50), width: 16, height: 32, shares: 0.2...1,
          around: target, mirrored: 0.5, random: &random
        ).box
        #expect(box.low.min() >= 0 && box.high.x <= 100.0001 && box.high.y <= 50.0001)
        #expect(box.low.x <= target.x && target.x <= box.high.x)
        #expect(box.low.y <= target.y && target.y <= box.high.y)
      }
    }
  }

  @Test func `motion goes on from frame to frame, and the first shows things as they are`() {
    var random = SplitMix64(seed: 3)
    let box = Box(low: SIMD2(4, 4), high: SIMD2(12, 20))
    let range = MotionRange(rotation: 10, scaling: 0.1, shear: 5, translation: 0.1, warp: 0.05)
    let steady = LayerMotion(box: box, range: range, unit: 100, steadiness: 1, random: &random)
    #expect(steady.poses[0] == LayerMotion.Pose())
    #expect(steady.poses[2] == steady.poses[1].scaled(by: 2))
    #expect(steady.way(to: 2) == steady.poses[1].translation)
    let anew = LayerMotion(box: box, range: range, unit: 100, steadiness: 0, random: &random)
    #expect(anew.poses[2] != anew.poses[1].scaled(by: 2))
  }

  @Test func `where control points go is where they come from`() {
    let box = Box(low: SIMD2(4, 4), high: SIMD2(12, 20))
    var bent = LayerMotion.Pose(rotation: 15, scaling: 0.2, translation: SIMD2(3, -2))
    bent.warp[4] = SIMD2(1, 0.5)
    let motion = LayerMotion(box: box, poses: [LayerMotion.Pose(), bent, bent])
    let moved = motion.transform(in: 1)(box.center + SIMD2(1, 0.5))
    #expect(distance(motion.back(from: 1)(moved), box.center) < 1e-9)
  }
}
