import ArgumentParser
import CommandSupport
import Segmentation
import Training
import TrainingClips

/// The videos of the second stage.
struct VideoOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder of clips, a clip, or the tree of DAVIS or YouTube-VOS.", valueName: "root"))
  var clips: String?
  @OptionGroup var sequences: SequenceOptions

  /// The files and folders that are read.
  var inputs: [String] {
    guard let clips else { return [] }
    return [clips] + ClipOptions.folders(of: [clips]) + [sequences.file].compactMap(\.self)
  }

  func validate() throws {
    if clips == nil && !sequences.takesAll {
      throw ValidationError("--sequences: expected --clips, found none")
    }
  }

  /// Clips of the videos; nil: none were named. Throws what reading them throws.
  func open(_ settings: VideoClipSettings, seed: UInt64) throws -> VideoClips? {
    guard let clips else { return nil }
    if sequences.takesAll, let clip = DatasetTree.clip(at: clips) {
      return try VideoClips(clips: [try clip.open()], settings: settings, seed: seed)
    }
    return try VideoClips(
      ClipSet(path: clips, names: try sequences.names()), settings: settings, seed: seed)
  }
}

/// How far apart the frames of a video are.
struct SkipOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most frames left out between two at first; only frames with masks count.",
      valueName: "n"))
  var skipStart = 0
  @Option(
    help: ArgumentHelp("The most frames left out between two in the end.", valueName: "n"))
  var maxSkip = 25
  @Option(
    help: ArgumentHelp("How many more are left out each time.", valueName: "n"))
  var skipBy = 5
  @Option(
    help: ArgumentHelp(
      "The steps after which more are left out. (default: so that all are at 5/6 of the steps)",
      valueName: "steps"))
  var skipEvery: Int?

  func validate() throws {
    guard (0...maxSkip).contains(skipStart) else {
      throw ValidationError("--skip-start: expected 0 to --max-skip \(maxSkip), found \(skipStart)")
    }
    if skipBy < 1 { throw ValidationError("--skip-by: expected at least 1, found \(skipBy)") }
    if let skipEvery, skipEvery < 1 {
      throw ValidationError("--skip-every: expected at least 1, found \(skipEvery)")
    }
  }

  /// The settings of clips of `size` for a training of `steps` steps.
  func settings(
    _ augmentation: AugmentationOptions, size: FrameSize, steps: Int
  ) -> VideoClipSettings {
    var settings = VideoClipSettings()
    (settings.height, settings.width) = (size.extents[0], size.extents[1])
    settings.maximumObjects = augmentation.maxObjects
    settings.crop = augmentation.crop.range
    settings.mirrored = augmentation.mirror
    settings.color = settings.color.scaled(by: augmentation.augmentation)
    let times = max(1, (maxSkip - skipStart + skipBy - 1) / skipBy)
    settings.skip = SkipSchedule(
      start: skipStart, maximum: maxSkip, increase: skipBy,
      everySteps: skipEvery ?? max(1, steps * 5 / (6 * times)))
    return settings
  }
}
