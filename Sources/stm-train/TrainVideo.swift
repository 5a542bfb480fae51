import ArgumentParser
import CommandSupport
import Training
import TrainingClips

/// `stm-train video`: the second stage, on videos.
struct TrainVideo: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "video",
    abstract: "Trains on three frames of videos in order, ever further apart.",
    discussion: """
      The frames of a video that have masks are trained on, a part of the picture that all three show. \
      Between two of them more and more are left out as the training goes on. Objects may leave; void \
      pixels (255) do not count.

      Several processes (mpirun, srun) share each batch, which their number must divide.

      EXAMPLES
        stm-train video stm.safetensors --clips footage --steps 200 \\
          -o mine.safetensors
        stm-train video stage1.safetensors --clips DAVIS \\
          --sequences DAVIS/ImageSets/2017/train.txt --steps 20000 \\
          --schedule polynomial --run stage2 --validate val --patience 5 \\
          -o stm.safetensors
        stm-train video stage1.safetensors --clips DAVIS --size 240x432 \\
          --precision bf16 --checkpoint-stages --average 0.999 --run stage2 \\
          -o stm.safetensors
      """)

  @OptionGroup var training: TrainingOptions
  @OptionGroup(title: "Videos") var videos: VideoOptions
  @OptionGroup(title: "Videos") var skips: SkipOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions

  func validate() throws {
    if videos.clips == nil {
      throw ValidationError(
        "expected --clips, found none",
        hint: "name a set of clips with their masks, as DAVIS or YouTube-VOS: --clips FOLDER")
    }
  }

  func run() throws {
    let settings = skips.settings(
      augmentation, size: training.steps.size, steps: training.steps.steps)
    try training.train("stm-train video", on: videos.inputs, identity: settings) {
      guard let clips = try videos.open(settings, seed: training.steps.seed) else {
        preconditionFailure("no videos")
      }
      return clips
    }
  }
}
