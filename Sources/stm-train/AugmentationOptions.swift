import ArgumentParser
import CommandSupport
import TrainingClips

/// How clips differ from the pictures that they are made of.
struct AugmentationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The most objects of a clip.", valueName: "n")) var maxObjects = 3
  @Option(
    help: ArgumentHelp(
      "The side of the part of a picture that is shown, of the largest that fits.",
      valueName: "least:most"))
  var crop = ShareRange(least: 0.5, most: 1)
  @Option(
    help: ArgumentHelp(
      "The probability that left and right change places.", valueName: "share"))
  var mirror = 0.5
  @Option(
    help: ArgumentHelp(
      "How far things move, bend and change colour: 0 not at all, 1 as usual.", valueName: "factor")
  )
  var augmentation = 1.0

  func validate() throws {
    guard (1...254).contains(maxObjects) else {
      throw ValidationError("--max-objects: expected 1 to 254, found \(maxObjects)")
    }
    guard (0...1).contains(mirror) else {
      throw ValidationError("--mirror: expected 0 to 1, found \(mirror)")
    }
    guard (0...3).contains(augmentation) else {
      throw ValidationError("--augmentation: expected 0 to 3, found \(augmentation)")
    }
  }
}

/// From one share to another.
struct ShareRange: ExpressibleByArgument, CustomStringConvertible {
  /// The least and the largest share.
  let range: ClosedRange<Double>

  /// A range.
  init(least: Double, most: Double) { range = least...most }

  /// Parses `0.5:1`; both are above 0 and up to 1.
  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    let shares = parts.compactMap { Double($0) }
    guard parts.count == 2, shares.count == 2, shares.allSatisfy({ $0 > 0 && $0 <= 1 }),
      shares[0] <= shares[1]
    else { return nil }
    self.init(least: shares[0], most: shares[1])
  }

  var description: String { "\(range.lowerBound):\(range.upperBound)" }
}

extension MotionRange {
  /// The same times `factor`, as far as a thing can move.
  func scaled(by factor: Double) -> MotionRange {
    MotionRange(
      rotation: min(rotation * factor, 180), scaling: min(scaling * factor, 1),
      shear: min(shear * factor, 30), translation: min(translation * factor, 1),
      warp: min(warp * factor, 0.12))
  }
}

extension ColorRange {
  /// The same times `factor`.
  func scaled(by factor: Double) -> ColorRange {
    ColorRange(
      brightness: brightness * factor, contrast: contrast * factor,
      saturation: saturation * factor, hue: hue * factor)
  }
}
