import ArgumentParser
import CommandSupport

/// `stm-convert`: imports weights that other tools exported.
@main struct STMConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-convert",
    abstract: "Imports weights of space-time memory networks that other tools exported.",
    discussion: """
      EXAMPLES
        stm-convert memorize.onnx query.onnx decode.onnx -o stm.safetensors
        stm-convert weights.h5 -o stm.safetensors
        stm-convert inspect weights.h5
        stm-convert diff stm.safetensors weights.h5

      \(Tool.exitCodes)
      """,
    version: Tool.version,
    subcommands: [ImportWeights.self, MapExport.self, DiffFiles.self, InspectFile.self],
    defaultSubcommand: ImportWeights.self)

  static func main() { Tool.run(Self.self) }
}
