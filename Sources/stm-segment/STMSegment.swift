import ArgumentParser
import CommandSupport
import Files
import Images
import Models
import Reports
import Segmentation

/// `stm-segment`: masks for every frame of a clip.
@main struct STMSegment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-segment",
    abstract: "Follows the objects of a clip's first mask through the clip.",
    discussion: """
      Writes one indexed PNG for each frame, with the palette of the first mask.

      EXAMPLES
        stm-segment stm-int8.safetensors --clip clips/dog -o masks
        stm-segment stm.safetensors --clip clips/dog --long-edge 320 -o masks
        stm-segment stm.safetensors --clip clips/dog --top-k 50 -o masks

      \(Tool.exitCodes)
      """,
    version: Tool.version)

  @Argument(help: "The model.") var model: String
  @Option(help: "A folder with frames/ and masks/, of which the first is needed.")
  var clip: String
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder for the masks.", valueName: "dir"))
  var output: String
  @Option(help: "Keep every so many frames in memory for good.") var memoryEvery = 5
  @OptionGroup var memoryRead: MemoryReadOptions
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: ModelBackendOptions
  @Flag(help: "Print nothing but errors, and no progress.") var quiet = false

  static func main() { Tool.run(Self.self) }

  func validate() throws {
    if memoryEvery < 1 {
      throw ValidationError("--memory-every: expected at least 1, found \(memoryEvery)")
    }
    try Outputs.check([("--output", output)], against: ClipOptions.folders(of: [clip]))
  }

  func run() throws {
    let clip = try clipOptions.open(clip)
    let model = try Model(path: model)
    let network = try CompiledNetwork(
      model, backend: try backend.make(for: model.plan), topK: memoryRead.topK)
    try Folder.create(at: output)
    var segmentation = VideoSegmentation(
      network, height: clip.height, width: clip.width,
      memory: MemoryBank(keepingEvery: memoryEvery))
    let progress = Progress("segmenting", total: clip.frameCount - 1, isQuiet: quiet)
    try write(clip.firstMask, clip, 0)
    var frame = try clip.frame(0)
    var probabilities = clip.firstMask.probabilities(objectCount: clip.objectCount)
    for index in 1..<clip.frameCount {
      try segmentation.memorize(frame: frame, probabilities: probabilities)
      frame = try clip.frame(index)
      probabilities = try segmentation.segment(frame: frame).probabilities
      try write(ObjectMask(mostProbable: probabilities), clip, index)
      progress.show(index)
    }
    if !quiet {
      try Terminal.write(
        "wrote \(clip.frameCount) masks of \(Numbers.count(clip.objectCount, "object")) to "
          + "\(output)\n")
    }
  }

  private func write(_ mask: ObjectMask, _ clip: Clip, _ index: Int) throws {
    try ImageFile.writeMask(
      MaskImage(
        size: ImageSize(width: mask.width, height: mask.height), values: mask.ids,
        palette: clip.palette),
      to: "\(output)/\(clip.frameNames[index]).png")
  }
}
