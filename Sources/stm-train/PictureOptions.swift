import ArgumentParser
import CommandSupport
import Training
import TrainingClips

/// The pictures of the first stage.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A folder of pictures; --masks has a mask for each.", valueName: "dir"))
  var images: String?
  @Option(
    help: ArgumentHelp(
      "The masks of --images, of the same names: indexed PNGs, or gray ones of one object.",
      valueName: "dir"))
  var masks: String?
  @Option(
    help: ArgumentHelp(
      "A folder of objects cut out, PNGs with alpha, in place of --images.", valueName: "dir"))
  var cutouts: String?
  @Option(
    help: ArgumentHelp("The pictures that --cutouts are put onto.", valueName: "dir"))
  var backgrounds: String?

  /// The folders that are read.
  var folders: [String] { [images, masks, cutouts, backgrounds].compactMap(\.self) }

  func validate() throws {
    if images != nil && cutouts != nil {
      throw ValidationError("expected one of --images and --cutouts, found both")
    }
    for (option, other, hasOption, hasOther) in [
      ("--masks", "--images", masks != nil, images != nil),
      ("--backgrounds", "--cutouts", backgrounds != nil, cutouts != nil),
    ] where hasOption != hasOther {
      let (given, missing) = hasOther ? (other, option) : (option, other)
      throw ValidationError(
        "\(given): expected \(missing) too, found none",
        hint: "add the folder that goes with it: \(missing) FOLDER")
    }
  }

  /// Clips of the pictures; nil: none were named. Throws what reading them throws.
  func open(_ settings: ImageClipSettings, seed: UInt64) throws -> ImageClips? {
    if let images, let masks {
      return try ImageClips(images: images, masks: masks, settings: settings, seed: seed)
    }
    guard let cutouts, let backgrounds else { return nil }
    return try ImageClips(
      cutOuts: cutouts, backgrounds: backgrounds, settings: settings, seed: seed)
  }
}

/// What only clips made of pictures have.
struct SceneOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The probability that something covers an object.", valueName: "share"))
  var occlusion = 0.3
  @Option(
    help: ArgumentHelp("The probability that a thing is blurred.", valueName: "share"))
  var blur = 0.15

  func validate() throws {
    for (option, share) in [("--occlusion", occlusion), ("--blur", blur)]
    where !(0...1).contains(share) {
      throw ValidationError("\(option): expected 0 to 1, found \(share)")
    }
  }

  /// The settings of clips of `size`.
  func settings(_ augmentation: AugmentationOptions, size: FrameSize) -> ImageClipSettings {
    var settings = ImageClipSettings()
    let factor = augmentation.augmentation
    (settings.height, settings.width) = (size.extents[0], size.extents[1])
    settings.maximumObjects = augmentation.maxObjects
    settings.crop = augmentation.crop.range
    settings.mirrored = augmentation.mirror
    settings.objectTilt = min(settings.objectTilt * factor, 180)
    settings.objectMotion = settings.objectMotion.scaled(by: factor)
    settings.backgroundMotion = settings.backgroundMotion.scaled(by: factor)
    settings.color = settings.color.scaled(by: factor)
    settings.colorDrift = settings.colorDrift.scaled(by: factor)
    settings.blur.probability = blur
    settings.occlusion.probability = occlusion
    return settings
  }
}
