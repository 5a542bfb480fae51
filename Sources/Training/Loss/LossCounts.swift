/// How many terms the losses of clips have: what their sums are divided by.
///
/// A batch's are added up over its clips and over all processes before any gradient is computed, so
/// that a batch that is shared by processes has the gradient that one process would compute.
public struct LossCounts: Sendable, Hashable, Codable {
  /// The pixels whose cross-entropy counts.
  public var pixels: Int
  /// The objects that have a Dice loss, in each frame.
  public var objects: Int
  /// The query positions whose attention counts, for each object and frame.
  public var positions: Int

  /// Counts.
  public init(pixels: Int = 0, objects: Int = 0, positions: Int = 0) {
    self.pixels = pixels
    self.objects = objects
    self.positions = positions
  }

  /// The counts of `clip` at `step`, which its masks decide.
  public init(of clip: TrainingClip, _ settings: LossSettings, step: Int) {
    self.init(
      pixels: settings.countedPixels(of: clip.knownPixels, step: step),
      objects: settings.dice == 0 ? 0 : (TrainingClip.frameCount - 1) * clip.objectCount,
      positions: settings.attention == 0 ? 0 : AttentionTargets(clip).count)
  }

  /// The sums of both.
  public static func + (left: LossCounts, right: LossCounts) -> LossCounts {
    LossCounts(
      pixels: left.pixels + right.pixels, objects: left.objects + right.objects,
      positions: left.positions + right.positions)
  }

  /// The counts as numbers to be added up over processes; `LossCounts(numbers:)` takes the sums.
  public var numbers: [Double] { [Double(pixels), Double(objects), Double(positions)] }

  /// The counts that ``numbers`` has, which must be three.
  public init(numbers: [Double]) {
    precondition(numbers.count == 3, "\(numbers.count) counts")
    self.init(
      pixels: Int(numbers[0]), objects: Int(numbers[1]), positions: Int(numbers[2]))
  }
}

/// The sums of the losses of clips, none of them weighted or divided.
public struct LossValues: Sendable, Hashable, Codable {
  /// The cross-entropy of the pixels that count, in nats.
  public var crossEntropy: Double
  /// The Dice losses of the objects.
  public var dice: Double
  /// The attention losses of the positions, in nats.
  public var attention: Double

  /// Sums.
  public init(crossEntropy: Double = 0, dice: Double = 0, attention: Double = 0) {
    self.crossEntropy = crossEntropy
    self.dice = dice
    self.attention = attention
  }

  /// The sums of both.
  public static func + (left: LossValues, right: LossValues) -> LossValues {
    LossValues(
      crossEntropy: left.crossEntropy + right.crossEntropy, dice: left.dice + right.dice,
      attention: left.attention + right.attention)
  }

  /// The sums as numbers to be added up over processes; `LossValues(numbers:)` takes the sums.
  public var numbers: [Double] { [crossEntropy, dice, attention] }

  /// The sums that ``numbers`` has, which must be three.
  public init(numbers: [Double]) {
    precondition(numbers.count == 3, "\(numbers.count) sums")
    self.init(crossEntropy: numbers[0], dice: numbers[1], attention: numbers[2])
  }

  /// The mean of each loss over its terms; 0 where it has none.
  public func means(_ counts: LossCounts) -> LossValues {
    LossValues(
      numbers: zip(numbers, counts.numbers).map { sum, count in count == 0 ? 0 : sum / count })
  }

  /// What is minimized: the weighted sum of the means.
  public func total(_ settings: LossSettings, _ counts: LossCounts) -> Double {
    let means = means(counts)
    return settings.crossEntropy * means.crossEntropy + settings.dice * means.dice
      + settings.attention * means.attention
  }
}

/// What the terms of each loss are multiplied by, so that they add up to what is minimized.
struct LossScales {
  let crossEntropy: Double
  let dice: Double
  let attention: Double

  init(_ settings: LossSettings, _ counts: LossCounts) {
    func scale(_ weight: Double, _ count: Int) -> Double { count == 0 ? 0 : weight / Double(count) }
    crossEntropy = scale(settings.crossEntropy, counts.pixels)
    dice = scale(settings.dice, counts.objects)
    attention = scale(settings.attention, counts.positions)
  }
}
