import ArgumentParser
import CommandSupport

/// `stm-verify`: proves that a model still computes what it should.
@main struct STMVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-verify",
    abstract: "Proves layer by layer and frame by frame that a model computes what it should.",
    discussion: """
      EXAMPLES
        stm-verify stm.safetensors int8.safetensors --clip clips/dog
        stm-verify stm.safetensors fp16.safetensors --clip clips/dog --json
        stm-verify compare-reports main.json new.json
        stm-verify golden stm.safetensors golden.safetensors
        stm-verify save stm.safetensors --clip clips/dog -o golden.npz
        stm-verify source stm.safetensors memorize.onnx query.onnx decode.onnx
        stm-verify profile stm.safetensors --size 480x864
        stm-verify locate stm.safetensors --clip clips/dog --nan
        stm-verify repeat stm.safetensors --clip clips/dog --frames 5
        stm-verify bisect stm.safetensors int8.safetensors --clip clips/dog \\
          -o mixed.safetensors
        stm-verify repro stm.safetensors int8.safetensors --clip clips/dog -o case
        stm-verify run-repro case

      \(Tool.exitCodes)
      """,
    version: Tool.version,
    subcommands: [
      VerifyClip.self, VerifyGolden.self, SaveGolden.self, CompareReports.self, VerifySource.self,
      VerifyProfile.self, VerifyConformance.self, LocateFault.self, RepeatRuns.self,
      BisectLayers.self, WriteRepro.self, RunRepro.self, MeasureRun.self, MeasureCost.self,
    ],
    defaultSubcommand: VerifyClip.self)

  static func main() { Tool.run(Self.self) }
}
