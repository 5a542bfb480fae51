import ArgumentParser
import CommandSupport

/// `stm-quantize`: a model in fewer bytes.
@main struct STMQuantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-quantize",
    abstract: "Writes models in smaller precisions that keep their masks.",
    discussion: """
      EXAMPLES
        stm-quantize stm.safetensors -o fp16.safetensors --precision fp16
        stm-quantize stm.safetensors -o int8.safetensors --precision int8 \\
          --calibrate clips/dog --frames 12
        stm-quantize calibrate stm.safetensors clips/dog -o statistics.json
        stm-quantize sensitivity stm.safetensors --statistics statistics.json \\
          --clip clips/dog
        stm-quantize stm.safetensors -o mixed.safetensors --precision mixed \\
          --max-size 0.45x --search-clip clips/dog --frames 12
        stm-quantize plan int8.safetensors --require-coverage 0.98
        stm-quantize check stm.safetensors --precision fp16 --clip clips/dog

      \(Tool.exitCodes)
      """,
    version: Tool.version,
    subcommands: [
      WriteModel.self, CalibrateModel.self, ShowPlan.self, MeasureSensitivity.self,
      CheckPrecision.self,
    ],
    defaultSubcommand: WriteModel.self)

  static func main() { Tool.run(Self.self) }
}
