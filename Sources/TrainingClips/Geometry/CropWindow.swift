import Images
import Training

/// The part of a picture that a frame shows.
struct CropWindow: Equatable {
  /// The part, in pixels of the picture.
  let box: Box
  /// Whether left and right change places.
  let isMirrored: Bool

  /// A window at random into a picture of `size`, of the proportions of a frame of `width` x `height`.
  ///
  /// Its sides are a share of the largest window's that is drawn from `shares`, or `largestShare` where
  /// that is less. It holds `target`, where one is given. `mirrored` is the probability that it is
  /// mirrored.
  init(
    into size: ImageSize, width: Int, height: Int, shares: ClosedRange<Double>,
    largestShare: Double = 1, around target: SIMD2<Double>? = nil, mirrored: Double,
    random: inout SplitMix64
  ) {
    let share = min(random.uniform(in: shares), largestShare)
    let picture = SIMD2(Double(size.width), Double(size.height))
    let extent = SIMD2(Double(width), Double(height)) * (Self.zoom(size, width, height) * share)
    let free = SIMD2(random.uniform(), random.uniform())
    var least = SIMD2<Double>.zero
    var most = picture - extent
    if let target {
      least.replace(with: target - extent, where: target - extent .> least)
      most.replace(with: target, where: target .< most)
    }
    let low = least + (most - least) * free
    box = Box(low: low, high: low + extent)
    isMirrored = random.uniform() < mirrored
  }

  /// The pixels of a picture of `size` under one of a frame of `width` x `height`, along a side, where
  /// the frame shows as much of the picture as its proportions let it.
  static func zoom(_ size: ImageSize, _ width: Int, _ height: Int) -> Double {
    min(Double(size.width) / Double(width), Double(size.height) / Double(height))
  }

  /// The map from positions in a frame `width` pixels wide to those in the picture.
  func place(width: Int) -> AffineTransform {
    let scale = box.extent.x / Double(width)
    return AffineTransform(
      xx: isMirrored ? -scale : scale, yy: scale,
      offset: SIMD2(isMirrored ? box.high.x : box.low.x, box.low.y))
  }
}
