import ArgumentParser
import CommandSupport

/// `stm-convert`: imports weights that other tools exported, and exports models to them.
@main struct STMConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-convert",
    abstract: "Imports weights of space-time memory networks from other tools, and exports models.",
    discussion: """
      EXAMPLES
        stm-convert memorize.onnx query.onnx decode.onnx -o stm.safetensors
        stm-convert weights.h5 -o stm.safetensors
        stm-convert inspect weights.h5
        stm-convert diff stm.safetensors weights.h5
        stm-convert export stm-int8.safetensors --to onnx-qdq -o qdq

      \(Tool.exitCodes)
      """,
    version: Tool.version,
    subcommands: [
      ImportWeights.self, MapExport.self, DiffFiles.self, InspectFile.self, ExportModel.self,
    ],
    defaultSubcommand: ImportWeights.self)

  static func main() { Tool.run(Self.self) }
}
