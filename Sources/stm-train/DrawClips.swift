import ArgumentParser
import CommandSupport
import Files
import Training
import TrainingClips

/// `stm-train draw`: the clips that a training would be given.
struct DrawClips: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw",
    abstract: "Writes the clips that a training would be given, to look at before it starts.",
    discussion: """
      Writes each clip's frames and masks as PNG, all of them with masks on as contact.png, and the \
      tensors that the network would be given as clips.safetensors: NAME.frames [3, 3, H, W], RGB from \
      0 to 1, and NAME.masks [3, H, W]. They are those of stm-train images or video with the same \
      options and seed.

      EXAMPLES
        stm-train draw --images photos --masks masks --size 240x240 -o drawn
        stm-train draw --cutouts animals --backgrounds places --count 16 -o drawn
        stm-train draw --clips DAVIS --step 15000 --steps 20000 -o drawn
      """)

  @OptionGroup(title: "Pictures") var pictures: PictureOptions
  @OptionGroup(title: "Videos") var videos: VideoOptions
  @OptionGroup(title: "Videos") var skips: SkipOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions
  @OptionGroup(title: "Augmentation") var scenes: SceneOptions
  @Option(
    help: ArgumentHelp(
      "The height and width of clips, multiples of 16.", valueName: "HEIGHTxWIDTH"))
  var size = FrameSize(height: 384, width: 384)
  @Option(help: "What random numbers follow from: that of the training.") var seed: UInt64 = 1
  @Option(help: ArgumentHelp("How many clips to draw.", valueName: "n")) var count = 8
  @Option(help: ArgumentHelp("The clips in a step of the training.", valueName: "n")) var batch = 4
  @Option(
    help: ArgumentHelp("The step to begin with, counted from 0.", valueName: "step"))
  var step = 0
  @Option(
    help: ArgumentHelp("The steps of the training, which --max-skip follows.", valueName: "n"))
  var steps = 1000
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "dir"))
  var output: String
  @Flag(help: "Print nothing but errors, and no progress.") var quiet = false

  func validate() throws {
    try size.check()
    guard (pictures.folders.isEmpty) != (videos.clips == nil) else {
      throw ValidationError(
        "expected one of --images, --cutouts and --clips, found "
          + (pictures.folders.isEmpty ? "none" : "several"))
    }
    for (option, value, least) in [
      ("--count", count, 1), ("--batch", batch, 1), ("--step", step, 0), ("--steps", steps, 1),
    ] where value < least {
      throw ValidationError("\(option): expected at least \(least), found \(value)")
    }
    try Outputs.check(
      ["contact.png", "clips.safetensors"].map { ("--output", "\(output)/\($0)") },
      against: pictures.folders + videos.inputs)
  }

  func run() throws {
    let source = try open()
    var drawn = try DrawnClips(in: output)
    let progress = Progress("drawing", total: count, isQuiet: quiet)
    for index in 0..<count {
      let (step, position) = (step + index / batch, index % batch)
      try drawn.add(
        try source.clip(step: step, position: position), step: step, position: position)
      progress.show(index + 1)
    }
    try drawn.finish()
    if !quiet { try Terminal.write("wrote \(count) clips to \(output)\n") }
  }

  private func open() throws -> any ClipSource {
    if let clips = try pictures.open(scenes.settings(augmentation, size: size), seed: seed) {
      return clips
    }
    let settings = skips.settings(augmentation, size: size, steps: steps)
    guard let clips = try videos.open(settings, seed: seed) else {
      preconditionFailure("neither pictures nor videos")
    }
    return clips
  }
}
