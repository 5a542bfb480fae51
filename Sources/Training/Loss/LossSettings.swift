/// What is minimized: a weighted sum of losses, each a sum over all clips of a batch divided by how
/// many terms it has (``LossCounts``).
public struct LossSettings: Codable, Sendable, Hashable {
  /// Only the hardest pixels of each clip count, more and more so (Wu, Shen, van den Hengel, *Bridging
  /// Category-level and Instance-level Semantic Image Segmentation*, 2016).
  public struct Bootstrap: Codable, Sendable, Hashable {
    /// The share of a clip's pixels that count in the end, above 0 and up to 1.
    public var share: Double
    /// The last step, counted from 0, at which all pixels count.
    public var firstStep: Int
    /// The first step at which no more than ``share`` counts; the share falls linearly in between.
    public var lastStep: Int

    /// A schedule; `firstStep` is not after `lastStep`.
    public init(share: Double, firstStep: Int, lastStep: Int) {
      precondition(share > 0 && share <= 1 && firstStep <= lastStep, "no such schedule")
      self.share = share
      self.firstStep = firstStep
      self.lastStep = lastStep
    }

    /// The share at `step`.
    public func share(at step: Int) -> Double {
      guard step > firstStep else { return 1 }
      guard step < lastStep else { return share }
      return 1 + (share - 1) * Double(step - firstStep) / Double(lastStep - firstStep)
    }
  }

  /// The weight of the cross-entropy of frames 2 and 3 (Oh et al., ICCV 2019, section 3.5), a mean
  /// over pixels in nats.
  public var crossEntropy: Double
  /// Which pixels the cross-entropy counts; nil: all but void ones.
  public var bootstrap: Bootstrap?
  /// The weight of the soft Dice loss, a mean over objects and frames: from 0 to 1 each.
  public var dice: Double
  /// The weight of the attention loss, which asks keys to find the same object in the memory: a mean
  /// over positions in nats. It helps networks that are trained from scratch to begin.
  public var attention: Double

  /// Settings; the cross-entropy alone is what was published.
  public init(
    crossEntropy: Double = 1, bootstrap: Bootstrap? = nil, dice: Double = 0, attention: Double = 0
  ) {
    self.crossEntropy = crossEntropy
    self.bootstrap = bootstrap
    self.dice = dice
    self.attention = attention
  }

  /// How many of `pixels` count at `step`: the share, rounded up.
  func countedPixels(of pixels: Int, step: Int) -> Int {
    guard let share = bootstrap?.share(at: step), share < 1 else { return pixels }
    return min(pixels, Int((share * Double(pixels)).rounded(.up)))
  }
}
