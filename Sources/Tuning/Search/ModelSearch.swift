import Models
import Networks
public import Quantization
import STMModel

/// Searches for the precision plan of a model.
public struct ModelSearch {
  /// What is searched for.
  public struct Request: Sendable {
    /// What the plan must keep to.
    public let constraints: SearchConstraints
    /// What layers may be in.
    public let candidates: [Precision]
    /// The layers that are kept in something else.
    public let kept: [KeptLayers]
    /// What the memories are held in; nil: what its read implies.
    public let memory: Precision?
    /// The most plans that are measured, beside the layers alone.
    public let maximumTrials: Int

    /// A request for one of `candidates`, of which there must be at least one, in every layer.
    public init(
      _ constraints: SearchConstraints, candidates: [Precision] = Self.standardCandidates,
      kept: [KeptLayers] = [],
      memory: Precision? = nil, maximumTrials: Int = Self.standardTrials
    ) {
      precondition(!candidates.isEmpty, "no candidate")
      self.constraints = constraints
      self.candidates = candidates
      self.kept = kept
      self.memory = memory
      self.maximumTrials = maximumTrials
    }

    /// How many plans are measured unless told otherwise.
    public static let standardTrials = 40

    /// What layers may be in unless told otherwise, where nothing is known of time: a quarter or half
    /// of binary32's bytes. int8 takes as many as w8 and bfloat16 as many as binary16, and both are
    /// noisier; what they win is time.
    public static let standardCandidates: [Precision] = [.w8, .float16]
  }

  /// A plan that was measured.
  public struct Trial: Sendable, Hashable {
    /// The plan.
    public let plan: PrecisionPlan
    /// How many of the searched layers are in each precision.
    public let counts: [Precision: Int]
    /// What it costs.
    public let cost: PlanCost
    /// How good it is.
    public let quality: PlanQuality
    /// Whether no other one is as good in size, time and IoU.
    public let isOnFrontier: Bool
  }

  /// What came of a search.
  public struct Outcome: Sendable {
    /// The layers with the harms that were measured of each alone.
    public let layers: [SearchLayer]
    /// The measured plans, in order.
    public let trials: [Trial]
    /// The number of the best that keeps to the constraints.
    public let choice: Int

    /// The best plan.
    public var chosen: Trial { trials[choice] }
  }

  /// The frames of each clip that layers alone are measured on, at most; whole plans are measured on
  /// all.
  public static let harmFrames = 3

  private let request: Request
  private let evaluation: PlanEvaluation
  private let base: PrecisionPlan
  private let state: SearchState
  private let times: LayerTimes?
  private let fileBytes: (PrecisionPlan) throws -> Int

  /// A search for a plan of the model of `evaluation`; `fileBytes` says how large the file of a plan
  /// is, and `times`, which a limited time needs, how long its layers take.
  ///
  /// Throws `QuantizationError.noLayer` for a pattern that selects nothing, or
  /// ``TuningError/noTime(layer:precision:profiles:)``.
  public init(
    _ request: Request, of evaluation: PlanEvaluation, state: SearchState, times: LayerTimes? = nil,
    fileBytes: @escaping (PrecisionPlan) throws -> Int
  ) throws {
    precondition(
      request.constraints.maximumMilliseconds == nil || times != nil, "a limit on unknown times")
    self.request = request
    self.evaluation = evaluation
    self.state = state
    self.times = times
    self.fileBytes = fileBytes
    let programs = evaluation.model.network.deployedPrograms
    let memories = request.memory.map { memory in
      Dictionary(uniqueKeysWithValues: STMNetwork.memories.values.map { ($0, memory) })
    }
    func kept(_ standard: Precision) throws -> PrecisionPlan {
      try PrecisionPlan(standard, memories: memories ?? [:]).keeping(request.kept, in: programs)
    }
    // In all of these, what programs are given is held alike, and layers are named one by one.
    base = try kept([.int8, .w8].first(where: request.candidates.contains) ?? .float32)
    for candidate in request.candidates {
      _ = try times?.milliseconds(of: kept(candidate))
    }
  }

  /// Measures what each layer alone costs, and then plans. `progress` is told what is done: a
  /// title, how much of it, and of how much.
  ///
  /// Throws ``TuningError/noPlan(constraints:tried:nearest:)`` where nothing keeps to the constraints,
  /// ``TuningError/nonFinite(layer:precisions:)``, or what measuring and writing the state throw.
  public func run(
    progress: @escaping (_ title: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> Outcome {
    var state = state
    let layers = try measuredLayers(&state) { progress("measuring layers", $0, $1) }
    let uniform = request.candidates.map { candidate in
      layers.map { layer in
        layer.options.firstIndex { $0.precision == candidate }
          ?? layer.options.firstIndex { $0.precision == Self.memoryRead(in: candidate) } ?? layer
          .options.indices.min { layer.options[$0].harm < layer.options[$1].harm } ?? 0
      }
    }
    let maximum = request.maximumTrials
    var done = 0
    var search = PlanSearch(
      layers, request.constraints, maximumTrials: maximum,
      cost: { try cost(of: plan(layers, $0)) },
      measure: { choices in
        let plan = plan(layers, choices)
        let quality = try state.quality("plan \(plan.json)") { try evaluation.quality(of: plan) }
        try state.save()
        done += 1
        progress("measuring plans", done, maximum)
        return quality
      })
    let best = try search.run(startingWith: uniform)
    progress("measuring plans", maximum, maximum)
    let frontier = Set(search.frontier)
    let trials = search.trials.map { trial in
      Trial(
        plan: plan(layers, trial.choices),
        counts: Dictionary(
          zip(layers, trial.choices).map { ($0.options[$1].precision, 1) }, uniquingKeysWith: +),
        cost: trial.cost, quality: trial.quality, isOnFrontier: frontier.contains(trial))
    }
    guard let best, let choice = search.trials.firstIndex(of: best) else {
      throw TuningError.noPlan(
        constraints: "\(request.constraints)", tried: trials.count,
        nearest: search.nearest.map { "\($0.cost), \($0.quality)" } ?? "none")
    }
    return Outcome(layers: layers, trials: trials, choice: choice)
  }

  /// The plan of `choices`.
  private func plan(_ layers: [SearchLayer], _ choices: PlanSearch.Choices) -> PrecisionPlan {
    var exceptions = base.exceptions
    for (layer, choice) in zip(layers, choices) {
      let precision = layer.options[choice].precision
      exceptions[layer.name] = precision == base.standard ? nil : precision
    }
    return PrecisionPlan(base.standard, exceptions: exceptions, memories: base.memories)
  }

  private func cost(of plan: PrecisionPlan) throws -> PlanCost {
    PlanCost(bytes: try fileBytes(plan), milliseconds: try times?.milliseconds(of: plan))
  }

  /// The layers that a plan gives a precision, and what each does alone in each of its options.
  private func measuredLayers(
    _ state: inout SearchState, progress: (Int, Int) -> Void
  ) throws -> [SearchLayer] {
    let places = evaluation.model.network.deployedPrograms.flatMap { program in
      program.steps.filter { $0.convolution != nil || $0.isMemoryRead }
        .map { (program: program.name, step: $0, options: options(of: $0)) }
    }
    let total = places.reduce(0) { $0 + $1.options.count }
    var done = 0
    return try places.map { program, step, precisions in
      var options: [SearchLayer.Option] = []
      var refusal: (any Error)?
      for precision in precisions {
        do {
          let alone = PrecisionPlan(.float32, exceptions: [step.layer: precision])
          let quality = try state.quality("layer \(step.layer) in \(precision.rawValue)") {
            try evaluation.quality(of: alone, frames: Self.harmFrames)
          }
          if quality.noise.isFinite { options.append(.init(precision, harm: quality.noise)) }
        } catch let error as QuantizationError {
          // What a precision cannot hold is no option where there is another one.
          refusal = error
        }
        done += 1
        progress(done, total)
      }
      try state.save()
      guard !options.isEmpty else {
        throw refusal
          ?? TuningError.nonFinite(layer: step.layer, precisions: precisions.map(\.rawValue))
      }
      return SearchLayer(name: step.layer, program: program, options: options)
    }
  }

  /// What `step` may be in: what it is kept in, or the candidates. The memory read, which computes on
  /// real numbers, does in int8 what it does in bfloat16, and in w8 what it does in binary32.
  private func options(of step: Step) -> [Precision] {
    if let kept = request.kept.last(where: { $0.selects(step) }) { return [kept.precision] }
    guard step.isMemoryRead else { return request.candidates }
    var options: [Precision] = []
    for candidate in request.candidates {
      let computed = Self.memoryRead(in: candidate)
      if !options.contains(computed) { options.append(computed) }
    }
    return options
  }

  /// What the memory read computes in where everything is in `precision`.
  private static func memoryRead(in precision: Precision) -> Precision {
    switch precision {
    case .int8: .bfloat16
    case .w8: .float32
    case .float32, .float16, .bfloat16: precision
    }
  }
}
