import Quantization
public import Tuning

/// What a search for a precision plan tried and chose, as text and as JSON (part of
/// `Schemas/quantization-report.schema.json`).
public struct SearchReport: Encodable {
  struct Constraints: Encodable {
    let maximumBytes: OrNull<Int>
    let maximumMilliseconds: OrNull<Double>
    let minimumIoU: OrNull<Double>
  }

  struct Clip: Encodable {
    let name: String
    let sqnr: Double
    let iou: Double
  }

  struct Trial: Encodable {
    let bytes: Int
    let sizeRatio: Double
    let milliseconds: OrNull<Double>
    let iou: Double
    let noise: Double
    let sqnr: Double
    let clips: [Clip]
    let layers: [String: Int]
    let frontier: Bool
    let chosen: Bool
    let plan: Plan
  }

  struct Plan: Encodable {
    let standard: Precision
    let exceptions: [String: Precision]
    let memory: [String: Precision]
  }

  struct Option: Encodable {
    let precision: Precision
    let noise: Double
    let sqnr: Double
    let chosen: Bool
  }

  struct Layer: Encodable {
    let name: String
    let program: String
    let options: [Option]
  }

  let constraints: Constraints
  let candidates: [Precision]
  let maximumEvaluations: Int
  let evaluations: Int
  let trials: [Trial]
  let layers: [Layer]

  private enum CodingKeys: CodingKey {
    case constraints, candidates, maximumEvaluations, evaluations, trials, layers
  }

  /// A report of what came of `request` for a model whose binary32 file has `sourceBytes` bytes.
  public init(_ outcome: ModelSearch.Outcome, of request: ModelSearch.Request, sourceBytes: Int) {
    constraints = Constraints(
      maximumBytes: OrNull(request.constraints.maximumBytes),
      maximumMilliseconds: OrNull(request.constraints.maximumMilliseconds),
      minimumIoU: OrNull(request.constraints.minimumIoU))
    candidates = request.candidates
    maximumEvaluations = request.maximumTrials
    evaluations = outcome.trials.count
    trials = outcome.trials.enumerated().map { index, trial in
      Trial(
        bytes: trial.cost.bytes, sizeRatio: Double(trial.cost.bytes) / Double(sourceBytes),
        milliseconds: OrNull(trial.cost.milliseconds), iou: trial.quality.iou,
        noise: trial.quality.noise, sqnr: trial.quality.sqnr,
        clips: trial.quality.clips.map { clip in
          Clip(name: clip.name, sqnr: PlanQuality([clip]).sqnr, iou: clip.iou)
        },
        layers: Dictionary(
          uniqueKeysWithValues: trial.counts.map { ($0.key.rawValue, $0.value) }),
        frontier: trial.isOnFrontier, chosen: index == outcome.choice,
        plan: Plan(
          standard: trial.plan.standard, exceptions: trial.plan.exceptions,
          memory: trial.plan.memories))
    }
    let chosen = outcome.chosen.plan
    layers = outcome.layers.map { layer in
      Layer(
        name: layer.name, program: layer.program,
        options: layer.options.map { option in
          Option(
            precision: option.precision, noise: option.harm,
            sqnr: PlanQuality([.init(name: "", noise: option.harm, iou: 1)]).sqnr,
            chosen: option.precision == chosen.exceptions[layer.name] ?? chosen.standard)
        })
    }
  }

  /// The report for a terminal: the frontier that was seen, smallest first, and the choice.
  public var text: String {
    let shown = trials.filter { $0.frontier || $0.chosen }
      .sorted { ($0.bytes, $0.iou) < ($1.bytes, $1.iou) }
    let hasTime = shown.contains { $0.milliseconds.value != nil }
    let table = Table(
      titles: ["", "layers", "bytes", "of fp32"] + (hasTime ? ["ms"] : []) + ["IoU", "dB"],
      textColumns: 2,
      rows: shown.map { trial in
        let counts = candidatesFirst(trial.layers).map { "\($0.0) \($0.1)" }
        return [
          trial.chosen ? "chosen" : "", counts.joined(separator: ", "), "\(trial.bytes)",
          Numbers.ratio(trial.sizeRatio),
        ] + (hasTime ? [trial.milliseconds.value.map(Numbers.significant) ?? ""] : [])
          + [Numbers.ratio(trial.iou), Numbers.decibels(trial.sqnr)]
      })
    return """
      \(evaluations) plans measured, of at most \(maximumEvaluations); those that none beats:

      \(table.text)
      """
  }

  /// `counts` in the order of the candidates, then the others by name.
  private func candidatesFirst(_ counts: [String: Int]) -> [(String, Int)] {
    let names = candidates.map(\.rawValue)
    func place(_ name: String) -> Int { names.firstIndex(of: name) ?? names.count }
    return counts.sorted { (place($0.key), $0.key) < (place($1.key), $1.key) }
      .map { ($0.key, $0.value) }
  }
}
