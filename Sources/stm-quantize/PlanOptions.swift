import ArgumentParser
import Models
import Quantization
import STMModel
import Tuning

/// Which precision every layer and the memory get.
struct PlanOptions: ParsableArguments {
  @Option(help: "The precision of every layer but exceptions; mixed searches for each layer's own.")
  var precision: PrecisionChoice?
  @Option(
    help: ArgumentHelp(
      """
      A plan to follow instead of --precision: JSON as 'stm.plan' of a mixed model has it \
      (Schemas/precision-plan.schema.json).
      """, valueName: "file"))
  var plan: String?
  @Option(
    help: ArgumentHelp(
      """
      Keep the layers that a pattern selects in a precision, as in 'Encoder_Q.**=fp16'. May be \
      given several times; of several that select a layer, the last holds.
      """, valueName: "pattern=precision"))
  var keep: [KeptLayers] = []
  @Option(
    help: """
      Hold the memory's keys and values in fp32, fp16, bf16 or int8. (default: fp32 for fp32 and w8, \
      fp16 for fp16, bf16 for bf16 and int8)
      """)
  var memoryPrecision: Precision?

  func validate() throws {
    if precision != nil && plan != nil {
      throw ValidationError("--plan: expected no --precision beside it")
    }
    if memoryPrecision == .w8 {
      throw ValidationError("--memory-precision: expected fp32, fp16, bf16 or int8, found w8")
    }
  }

  /// Whether a plan is to be searched for.
  var isMixed: Bool { precision == .mixed }

  /// Whether anything is asked for.
  var isEmpty: Bool {
    precision == nil && plan == nil && keep.isEmpty && memoryPrecision == nil
  }

  /// The plan for `network`: the file's, or `standard` where no precision is given, with what is kept.
  ///
  /// Throws `FileError` or `QuantizationError`.
  func plan(for network: STMNetwork, standard: Precision = .float32) throws -> PrecisionPlan {
    var made = PrecisionPlan(precision?.precision ?? standard)
    if let plan {
      made = try PrecisionPlan(path: plan)
      try network.check(made, of: plan)
    }
    made = try made.keeping(keep, in: network.deployedPrograms)
    guard let memoryPrecision else { return made }
    return PrecisionPlan(
      made.standard, exceptions: made.exceptions,
      memories: Dictionary(
        uniqueKeysWithValues: STMNetwork.memories.values.map { ($0, memoryPrecision) }))
  }

  /// The plan for `network`, or one for each of the `candidates` of a search.
  ///
  /// Throws what ``plan(for:standard:)`` throws.
  func plans(for network: STMNetwork, candidates: [Precision]?) throws -> [PrecisionPlan] {
    guard let candidates else { return [try plan(for: network)] }
    return try candidates.map { try plan(for: network, standard: $0) }
  }

  /// Where the plan's exceptions come from.
  var origin: PlanOrigin {
    let file = plan.map { "exception of \($0)" }
    return PlanOrigin(
      kept: keep, exceptions: file ?? PlanOrigin().exceptions,
      memories: memoryPrecision == nil
        ? file ?? PlanOrigin().memories : "asked for by --memory-precision")
  }

  /// What is recorded in the metadata of a model; a plan's file is the last of the sources.
  var settings: [String: String] {
    var settings: [String: String] = [:]
    settings["precision"] = precision?.name
    settings["plan"] = plan == nil ? nil : "file"
    settings["keep"] = keep.isEmpty ? nil : keep.map(\.description).joined(separator: ", ")
    settings["memory-precision"] = memoryPrecision?.rawValue
    return settings
  }
}
