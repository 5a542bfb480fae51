import ArgumentParser
import CommandSupport
import Training
import TrainingClips

/// `stm-train images`: the first stage, on clips made of single pictures.
struct TrainImages: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "Trains on clips of three frames that are made of single pictures.",
    discussion: """
      Objects of pictures with masks, or cut out, are put onto backgrounds and moved over three \
      frames, each by itself: turned, scaled, sheared, bent, changed in colour, blurred, covered. \
      Frame 1 with its mask is memorized, frame 2 segmented and memorized with the soft mask that came \
      of it, frame 3 segmented.

      Several processes (mpirun, srun) share each batch, which their number must divide.

      EXAMPLES
        stm-train images stm.safetensors --images photos --masks masks --steps 500 \\
          -o mine.safetensors
        stm-train images --from-scratch --backbone resnet50.pth --images photos \\
          --masks masks --steps 20000 --learning-rate 1e-4 --schedule polynomial \\
          --warm-up 500 --attention 0.1 --run stage1 -o stage1.safetensors
        stm-train images --from-scratch --like stm.safetensors --cutouts animals \\
          --backgrounds places --size 144x144 --run stage1 -o stage1.safetensors
        stm-train images --from-scratch --backbone resnet50.pth --images photos \\
          --masks masks --steps 20000 --run stage1 -o stage1.safetensors --resume
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup(title: "Pictures") var pictures: PictureOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions
  @OptionGroup(title: "Augmentation") var scenes: SceneOptions

  func validate() throws {
    guard !pictures.folders.isEmpty else {
      throw ValidationError("expected one of --images and --cutouts, found neither")
    }
  }

  func run() throws {
    let settings = scenes.settings(augmentation, size: training.steps.size)
    try training.train("stm-train images", on: pictures.folders, identity: settings) {
      guard let clips = try pictures.open(settings, seed: training.steps.seed) else {
        preconditionFailure("no pictures")
      }
      return clips
    }
  }
}
