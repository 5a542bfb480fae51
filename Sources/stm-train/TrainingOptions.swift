import ArgumentParser
import CommandSupport
import Files
import Training

/// What both stages of training are told.
struct TrainingOptions: ParsableArguments {
  @OptionGroup(title: "Start") var start: StartOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
  var output: String
  @OptionGroup(title: "Steps") var steps: StepOptions
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Loss") var loss: LossOptions
  @OptionGroup(title: "Quantization-aware training") var quantization: QuantizationOptions
  @OptionGroup(title: "Validation") var validation: ValidationOptions
  @OptionGroup(title: "Run") var run: RunOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if validation.patience != nil && run.run == nil {
      throw ValidationError("--patience: expected --run, which keeps the best model, found none")
    }
    if quantization.quantize != nil, steps.batchNorms(fromScratch: start.fromScratch) == .batch {
      throw ValidationError("--quantize: expected --batch-norm frozen, found batch")
    }
  }

  /// Checks that no output takes the place of an input, pictures in `folders` among them.
  ///
  /// Throws `ValidationError` or `FileError`.
  func checkOutputs(against folders: [String]) throws {
    let outputs =
      [("--output", output), ("--learned-statistics", quantization.learned)] + run.outputs
    try Outputs.check(
      outputs, against: start.inputs + quantization.inputs + folders + validation.inputs)
    for path in [output, quantization.learned].compactMap(\.self) { try AtomicFile.check(path) }
  }
}
