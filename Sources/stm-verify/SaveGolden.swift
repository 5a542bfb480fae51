import ArgumentParser
import CommandSupport
import Execution
import Files
import Models
import Networks
import Reports
import Segmentation
import Verification
import WeightFiles

/// `stm-verify save`: what a model computes as a golden file.
struct SaveGolden: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save",
    abstract:
      "Saves what every layer computes as a golden file, for other frameworks and versions.",
    discussion: """
      Memorizes one frame of a clip with its mask, segments another with the memory of that frame \
      alone, and writes the inputs and every layer's output in binary32: input/frames, input/masks, \
      input/others, memorize/LAYER and segment/LAYER, as stm-verify golden reads them. Frames are \
      padded with zeros to multiples of 16. The end of the file's name says whether it becomes \
      safetensors, npz (.npz) or HDF5 (.h5, .hdf5).

      EXAMPLES
        stm-verify save stm.safetensors --clip clips/dog --long-edge 320 \\
          -o golden.safetensors
        stm-verify save stm.safetensors --clip clips/dog --segment 00005 \\
          -o golden.npz
        stm-verify save stm.safetensors --clip clips/dog \\
          --layer 'segment/Decoder.**' -o golden.h5
        stm-verify golden stm.safetensors golden.npz
      """)

  @Argument(help: "The model.") var model: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @Option(
    help: ArgumentHelp(
      "The frame to memorize, which has a mask. (default: the first)", valueName: "name"))
  var memorize: String?
  @Option(help: ArgumentHelp("The frame to segment. (default: the second)", valueName: "name"))
  var segment: String?
  @Option(
    name: .customLong("layer"),
    help: ArgumentHelp(
      "Save only what a pattern selects, as in 'segment/Decoder.**'; repeat for others.",
      valueName: "glob"))
  var layers: [NamePattern] = []
  @Option(name: .shortAndLong, help: ArgumentHelp("The golden file.", valueName: "file"))
  var output: String
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    guard WrittenFormat(path: output) != nil else {
      throw ValidationError(
        "--output: expected a name that ends in .safetensors, .npz, .h5 or .hdf5, found \(output)")
    }
    try Outputs.check(
      [("--output", output)], against: [model] + ClipOptions.folders(of: [clip]))
  }

  func run() throws {
    guard let format = WrittenFormat(path: output) else { return }
    try AtomicFile.check(output)
    let clip = try clipOptions.open(clip)
    let memorized = try Self.index(of: memorize, in: clip, "--memorize") ?? 0
    let segmented = try Self.index(of: segment, in: clip, "--segment") ?? 1
    let model = try Model(path: model)
    let recording = try GoldenRecording(
      of: model, clip: clip, memorizing: memorized, segmenting: segmented, selecting: layers,
      backend: try backend.make())
    try WeightFile.write(recording.tensors, to: output, as: format)
    let report = GoldenRecordingReport(
      recording, of: model, clip: clip.name, format: format, backend: backend.backend.name,
      arithmetic: backend.arithmetic.rawValue)
    try show.show(text: report.text(output: output), json: try report.json)
  }

  private static func index(of name: String?, in clip: Clip, _ option: String) throws -> Int? {
    guard let name else { return nil }
    guard let index = clip.frameNames.firstIndex(of: name) else {
      throw ValidationError(
        "\(option): expected a frame from \(clip.frameNames.first ?? "") to "
          + "\(clip.frameNames.last ?? ""), found \(name)")
    }
    return index
  }
}
