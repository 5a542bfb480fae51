import ArgumentParser
import CommandSupport
import Execution
import Models
import Reports
import Tensors
import Verification

/// `stm-verify golden`: a model against activations that another framework saved.
struct VerifyGolden: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden",
    abstract: "Compares every layer with what the framework that trained the model computed.",
    discussion: """
      The golden file (safetensors, npz or HDF5) holds input/frames [2, 3, H, W], input/masks \
      and input/others [N, 1, H, W], and the output of each module under its name: \
      memorize/Encoder_M.res2.0.conv1, segment/Decoder.pred2, and so on. Every layer's largest \
      error must be within the tolerance, relative to the tensor's largest magnitude: 1e-4, or \
      what --tolerance GLOB:VALUE says for the names that it selects. A tensor without a \
      counterpart is a failure. In HDF5, input, memorize and segment are groups; in npz the name of \
      an array may hold a slash. stm-verify save writes such files.

      EXAMPLES
        stm-verify golden stm.safetensors golden.safetensors
        stm-verify golden stm.safetensors golden.h5 --tolerance 'segment/**:1e-3'
        stm-verify golden stm.safetensors golden.npz --worst 20
      """)

  @Argument(help: "The model.") var model: String
  @Argument(help: "The golden file.") var golden: String
  @OptionGroup var layers: LayerOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Outputs.check([("--report", layers.report)], against: [model, golden] + reading.inputs)
  }

  func run() throws {
    try layers.checkReport()
    let model = try Model(path: model)
    let archive = try GoldenFile.read(golden, hdf5By: reading.reader, limits: reading.limits.read())
    let names = archive.entries.map(\.name).filter { !$0.hasPrefix("input/") }
    let result = try GoldenVerification(
      of: model, against: archive, path: golden, tolerances: try layers.tolerances(of: names),
      backend: try backend.make())
    let report = GoldenReport(
      result, backend: backend.backend.name, arithmetic: backend.arithmetic.rawValue)
    try layers.write(report)
    try output.show(text: report.text(worst: layers.worst), json: try report.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
