/// How well a mask fits the ground truth (Perazzi et al., *A Benchmark Dataset and Evaluation
/// Methodology for Video Object Segmentation*, CVPR 2016), as the evaluation of DAVIS-2017 computes
/// it.
public struct MaskScore: Sendable, Hashable, Codable {
  /// Region similarity J: intersection over union; 1 where both masks are empty.
  public let region: Double

  /// Contour accuracy F: the harmonic mean of precision and recall of the mask's boundary.
  ///
  /// A pixel of one boundary matches where the other comes within ``boundaryTolerance`` of the
  /// diagonal, rounded up to whole pixels. 1 where neither mask has a boundary, 0 where one has or
  /// where nothing matches.
  public let boundary: Double

  /// How far boundaries may be apart and still match: this share of the picture's diagonal.
  public static let boundaryTolerance = 0.008

  /// The scores of `mask` beside `truth`, both of one size and without what is void.
  public init(_ mask: BitMask, truth: BitMask) {
    region = Self.region(mask, truth)
    boundary = Self.boundary(mask, truth)
  }

  static func region(_ mask: BitMask, _ truth: BitMask) -> Double {
    let counts = mask.counts(with: truth)
    return counts.united == 0 ? 1 : Double(counts.shared) / Double(counts.united)
  }

  static func boundary(_ mask: BitMask, _ truth: BitMask) -> Double {
    precondition(mask.hasSize(of: truth), "masks of different sizes")
    let (mine, theirs) = (mask.boundary, truth.boundary)
    let (mineCount, theirCount) = (mine.count, theirs.count)
    guard mineCount > 0 && theirCount > 0 else { return mineCount == theirCount ? 1 : 0 }
    let diagonal = Double(mask.width * mask.width + mask.height * mask.height).squareRoot()
    let radius = Int((boundaryTolerance * diagonal).rounded(.up))
    let precision = Double(mine.count(within: radius, of: theirs)) / Double(mineCount)
    let recall = Double(theirs.count(within: radius, of: mine)) / Double(theirCount)
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }
}
