import ArgumentParser
import CommandSupport
import Files
import Models
import Quantization
import Reports
import STMModel
import Safetensors
import Segmentation
import Tensors
import Tuning

/// `stm-quantize write`, the default: a model in fewer bytes.
struct WriteModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Writes a model in smaller precisions (the default).",
    discussion: """
      Batch norms are folded into the convolutions first. fp16 rounds weights to binary16, bf16 \
      to bfloat16, and so what every step hands on. w8 holds weights as 8-bit integers with a scale \
      for each output channel and computes in fp32. int8 makes every convolution an integer one: \
      weights as in w8; activations with a scale for each tensor, calibrated by segmenting clips \
      with the fp32 model. The memory read then works on keys and values rounded to bfloat16; \
      frames, its softmax and the logits stay in binary32.

      Layers in int8 are repaired unless told otherwise. --equalize scales channels so that all of \
      a value's 8 bits are used by more of them, which changes nothing but rounding. \
      --bias-correction lets biases take up what the rounding of kernels adds to the means of \
      results: empirical by calibration, analytic by batch norms alone, for models whose export kept \
      them. --rounding adaptive chooses the integers of kernels so that results over patches of \
      the clips change least; for models of published width that takes about a minute of one core \
      and 1.2 GB.

      --keep gives layers another precision than the rest, --memory-precision the memory; \
      'stm-quantize plan' shows what comes of it. Whatever is held in 8-bit integers needs \
      --calibrate.

      --precision mixed finds a precision for every layer. With --max-size or --max-latency it looks \
      for the best masks within these; with --min-iou alone for the smallest file or, where there are \
      profiles, the shortest frame. IoU is that of the clip that fares worst, on the fp32 model's \
      masks; sizes are the file's; times are the sums of the layers' in reports of stm-verify \
      profile. Layers are measured alone on the first 3 frames of each clip, and whole plans, of \
      which there are at most --max-evaluations, on all. Without a plan that keeps to everything \
      the exit code is 1 and nothing is written.

      --reduce-range holds weights within -63...63, for runtimes on x86 processors without VNNI, \
      whose sums of two 8-bit products saturate in 16 bits. It is a matter of where the model will \
      run, not of where it is written. The tools themselves do not need it: on such a processor they \
      run int8 layers in plain loops.

      EXAMPLES
        stm-quantize stm.safetensors -o fp16.safetensors --precision fp16
        stm-quantize stm.safetensors -o w8.safetensors --precision w8
        stm-quantize stm.safetensors -o int8.safetensors --precision int8 \\
          --calibrate clips/dog --frames 12
        stm-quantize stm.safetensors -o int8.safetensors --precision int8 \\
          --statistics statistics.json --method percentile --percentile 99.9
        stm-quantize stm.safetensors -o mixed.safetensors --precision int8 \\
          --calibrate clips/dog --keep 'Decoder.pred2=fp16' \\
          --keep 'Encoder_Q.**=bf16'
        stm-quantize stm.safetensors -o long.safetensors --precision bf16 \\
          --memory-precision int8 --calibrate clips/dog
        stm-quantize stm.safetensors -o same.safetensors --plan plan.json \\
          --calibrate clips/dog
        stm-quantize stm.safetensors -o mixed.safetensors --precision mixed \\
          --max-size 0.45x --search-clip clips/dog --frames 12 --state search.json
        stm-quantize stm.safetensors -o mixed.safetensors --precision mixed \\
          --max-latency 12ms --profile int8.json --profile fp32.json \\
          --min-iou 0.99 --calibrate clips/dog --keep 'Decoder.pred2=fp32'
      """)

  @Argument(help: "The fp32 model.") var model: String
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
  var output: String
  @OptionGroup var planOptions: PlanOptions
  @Flag(help: "Hold 8-bit weights within -63...63.") var reduceRange = false
  @Option(
    help: ArgumentHelp(
      "A clip to calibrate 8-bit integers on. May be given several times.", valueName: "clip"))
  var calibrate: [String] = []
  @OptionGroup var ranges: RangeOptions
  @OptionGroup var repairs: RepairOptions
  @OptionGroup(title: "Search for a mixed plan") var searchOptions: SearchOptions
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: BackendOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if planOptions.precision == nil && planOptions.plan == nil {
      throw ValidationError(
        "expected --precision or --plan, found neither",
        hint: "add --precision fp16, bf16 or w8, or --precision int8 --calibrate CLIP")
    }
    try searchOptions.validate(isWanted: planOptions.isMixed, isGivenClips: !calibrate.isEmpty)
    try Outputs.check(
      [("--output", output), ("--state", searchOptions.state)],
      against: [model, planOptions.plan] + ranges.inputs + searchOptions.profile
        + ClipOptions.folders(of: calibrate + searchOptions.searchClip))
  }

  func run() throws {
    try AtomicFile.check(output)
    let clips = try calibrate.map(clipOptions.open)
    let measured =
      searchOptions.searchClip.isEmpty ? clips : try searchOptions.searchClip.map(clipOptions.open)
    let source = try Model(path: model)
    try source.requireFloat32()
    let sourceBytes = try FileBytes(path: model).count
    let search =
      try planOptions.isMixed
      ? SearchPlan(
        of: source, searchOptions, planOptions, clips: measured, sourceBytes: sourceBytes) : nil
    let plans = try planOptions.plans(for: source.network, candidates: search?.request.candidates)
    try check(plans, for: source.network)
    let statistics = try statistics(of: source, plans, clips)
    let quantization = PlanQuantization(
      statistics: statistics, method: ranges.method,
      weights: try repairs.quantization(
        of: source, reducesRange: reduceRange, plans, ranges.method, statistics, clips, backend,
        isQuiet: show.quiet))
    let sources = try provenance()
    func metadata(_ plan: PrecisionPlan) -> ModelMetadata {
      ModelMetadata(
        configuration: source.configuration, plan: plan,
        provenance: Provenance(sources: sources, settings: settings(quantization, clips, search)))
    }
    let outcome = try search?.run(
      quantization, settings: weightSettings(quantization), backend, isQuiet: show.quiet,
      metadata: metadata)
    let plan = outcome?.chosen.plan ?? plans[0]
    let weights = try source.quantized(
      by: plan, statistics: statistics, method: ranges.method, quantizing: quantization.weights)
    try SafetensorsFile.write(
      try TensorArchive(weights.entries, metadata: metadata(plan).entries), to: output)
    let report = try QuantizationReport(
      precision: plan.name, sourceBytes: sourceBytes,
      outputBytes: FileBytes(path: output).count, tensors: weights.entries.count,
      method: statistics.map { _ in ranges.method },
      quantization: plan.hasIntegerWeights ? quantization.weights : nil,
      uncorrected: quantization.weights.biasCorrection == .analytic
        ? source.layersWithoutBatchNorms(in: plan) : [],
      notes: try QuantizationNotes(
        source.network.deployedPrograms, in: plan, weights: weights, statistics: statistics),
      search: search.flatMap { search in
        outcome.map { SearchReport($0, of: search.request, sourceBytes: sourceBytes) }
      })
    try show.show(text: report.text(output: output), json: try report.json)
  }

  /// What tells one way to make integers of kernels from another.
  private func weightSettings(_ quantization: PlanQuantization) -> [String: String] {
    [
      "reduce-range": reduceRange ? "yes" : "no",
      "equalize": quantization.weights.equalizes ? "yes" : "no",
      "bias-correction": quantization.weights.biasCorrection?.rawValue ?? "none",
      "rounding": quantization.weights.rounding != nil ? "adaptive" : "nearest",
    ]
  }

  private func provenance() throws -> [Provenance.Source] {
    try
      ([model] + [planOptions.plan, ranges.statistics].compactMap(\.self)
      + searchOptions.profile).map(Provenance.Source.init)
  }

  /// Checks that what goes with 8-bit integers is there where one of the plans has any, and only there.
  private func check(_ plans: [PrecisionPlan], for network: STMNetwork) throws {
    let needsCalibration = plans.contains(where: network.needsCalibration)
    if needsCalibration && calibrate.isEmpty && ranges.statistics == nil {
      throw ValidationError(
        "--calibrate: expected at least one clip for 8-bit integers, or --statistics, found neither",
        hint:
          "add a clip like those that the model will see: --calibrate CLIP, a folder with frames/ "
          + "and masks/")
    }
    let isAdaptive = try repairs.isAdaptive(plans, isGivenClips: !calibrate.isEmpty)
    let calibrates = needsCalibration || repairs.biasCorrection == .empirical
    if calibrates && calibrate.isEmpty && ranges.statistics == nil {
      throw ValidationError(
        "--bias-correction empirical: expected at least one --calibrate CLIP, or --statistics, found neither"
      )
    }
    if !calibrates && !isAdaptive && !calibrate.isEmpty && !planOptions.isMixed {
      throw ValidationError("--calibrate: expected a plan with 8-bit integers, found none")
    }
    try ranges.validate(
      calibrates: calibrates,
      isGivenClips: repairs.rounding != .adaptive
        && (!calibrate.isEmpty || !planOptions.isMixed && !clipOptions.isStandard))
    try repairs.validate(plans, ranges.method)
    if reduceRange && !plans.contains(where: \.hasIntegerWeights) {
      throw ValidationError("--reduce-range: expected layers in int8 or w8, found none")
    }
  }

  private func statistics(
    of source: Model, _ plans: [PrecisionPlan], _ clips: [Clip]
  ) throws -> CalibrationStatistics? {
    if let statistics = try ranges.readStatistics() { return statistics }
    guard !calibrate.isEmpty else { return nil }
    return try CalibrationStatistics(
      of: source, over: clips, clipOptions, backend, isQuiet: show.quiet)
  }

  private func settings(
    _ quantization: PlanQuantization, _ clips: [Clip], _ search: SearchPlan?
  ) -> [String: String] {
    var settings = planOptions.settings
    if let search { settings.merge(search.settings(searchOptions)) { own, _ in own } }
    settings["command"] = "stm-quantize"
    settings["reduce-range"] = reduceRange ? "yes" : nil
    settings["equalize"] = quantization.weights.equalizes ? "yes" : nil
    settings["bias-correction"] = quantization.weights.biasCorrection?.rawValue
    settings["rounding"] = quantization.weights.rounding != nil ? "adaptive" : nil
    let seen =
      quantization.statistics?.clips.map { "\($0.name) (\($0.frames) frames)" }.joined(
        separator: ", ")
      ?? clips.listing
    settings["calibrate"] = seen.isEmpty ? nil : seen
    guard let statistics = quantization.statistics else { return settings }
    settings["method"] = "\(ranges.method)"
    return settings.merging(statistics.settings) { own, _ in own }
  }
}
