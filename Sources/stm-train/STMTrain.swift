import ArgumentParser
import CommandSupport

/// `stm-train`: weights from pictures and videos.
@main struct STMTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-train",
    abstract: "Trains and fine-tunes space-time memory networks.",
    discussion: """
      In two stages, as published: images makes clips of three frames out of single pictures with \
      masks; video takes three frames of a video, ever further apart. draw shows the clips that they \
      would be trained on.

      EXAMPLES
        stm-train draw --images photos --masks masks --size 240x240 -o drawn
        stm-train images --from-scratch --backbone resnet50.pth --images photos \\
          --masks masks --steps 20000 --run stage1 -o stage1.safetensors
        stm-train video stage1.safetensors --clips DAVIS --steps 20000 --run stage2 \\
          --validate val -o stm.safetensors
        stm-train video stm.safetensors --clips footage --steps 200 \\
          -o mine.safetensors
        mpirun -n 4 stm-train video stm.safetensors --clips DAVIS \\
          -o trained.safetensors

      \(Tool.exitCodes)
        130 stopped by Ctrl-C (143: by SIGTERM); with --run the step is saved
      """,
    version: Tool.version,
    subcommands: [TrainImages.self, TrainVideo.self, DrawClips.self])

  static func main() { Tool.run(Self.self) }
}
