import Differentiation
import Networks
import STMModel
import Tensors

/// The programs of a network, in the order in which their gradients become known.
enum NetworkPart: Int, CaseIterable {
  case decode, query, memorize

  /// Its place in ``TrainedModel/programs``.
  var program: Int {
    switch self {
    case .memorize: 0
    case .query: 1
    case .decode: 2
    }
  }
}

/// What a clip gives but the gradients by its steps.
struct ClipOutcome<Scalar: Real>: Sendable {
  var losses: LossValues
  var moments: [[String: BatchMoments<Scalar>]]
  /// The gradients by the scales of roundings, by their names.
  var scales: [String: Scalar]
}

extension ThreeFrames {
  /// Runs over `clip` forwards and backwards.
  ///
  /// `deliver` is given the gradients by the steps of each part as soon as they are known. Throws what
  /// ``run(_:)`` and ``losses(of:_:_:step:)`` throw, or `deliver`.
  func gradients(
    of clip: TrainingClip, _ counts: LossCounts, step: Int,
    deliver: (NetworkPart, [String: StepGradients<Scalar>]) throws -> Void
  ) throws -> ClipOutcome<Scalar> {
    var run = try run(clip)
    let losses = try losses(of: run, clip, counts, step: step)
    var pass = ThreeFramesBackwardPass<Kernels>(
      outcome: ClipOutcome(losses: losses.values, moments: run.moments, scales: [:]),
      shares: losses.shares,
      memorized: try losses.keys.map { ["key": try kernels.load($0)] },
      queried: try losses.queries.map { ["key": try kernels.load($0)] })
    for index in run.decoded.indices.reversed() {
      let logits = run.shares[index].gradient(byShares: pass.shares[index])
      let gradients = try decode.gradients(
        of: run.decoded.removeLast(), by: ["logits": try kernels.load(logits)],
        inputs: Set(decode.program.inputs))
      pass.add(gradients, of: .decode)
      try pass.take(gradients.inputs, frame: index, kernels)
      if index > 0 {
        let gradients = try memorize.gradients(
          of: run.memorized.removeLast(), by: pass.memorized[index], inputs: ["mask", "others"])
        pass.add(gradients, of: .memorize)
        try pass.takeMasks(gradients.inputs, frame: index - 1, kernels)
      }
    }
    try deliver(.decode, pass.steps(of: .decode))
    for index in run.queried.indices.reversed() {
      pass.add(
        try query.gradients(of: run.queried.removeLast(), by: pass.queried[index], inputs: []),
        of: .query)
    }
    try deliver(.query, pass.steps(of: .query))
    pass.add(
      try memorize.gradients(of: run.memorized.removeLast(), by: pass.memorized[0], inputs: []),
      of: .memorize)
    try deliver(.memorize, pass.steps(of: .memorize))
    return pass.outcome
  }
}

/// Gradients on their way from the losses of a clip back to its first frame.
private struct ThreeFramesBackwardPass<Kernels: DifferentiableKernels> {
  typealias Scalar = Kernels.Scalar

  var outcome: ClipOutcome<Scalar>
  /// By the shares of each segmented frame.
  var shares: [[Scalar]]
  /// By what `memorize` hands out for each memorized frame.
  var memorized: [[String: Kernels.Value]]
  /// By what `query` hands out for each segmented frame.
  var queried: [[String: Kernels.Value]]
  private var steps: [NetworkPart: [String: StepGradients<Scalar>]] = [:]

  init(
    outcome: ClipOutcome<Scalar>, shares: [[Scalar]], memorized: [[String: Kernels.Value]],
    queried: [[String: Kernels.Value]]
  ) {
    self.outcome = outcome
    self.shares = shares
    self.memorized = memorized.isEmpty ? shares.map { _ in [:] } : memorized
    self.queried = queried.isEmpty ? shares.map { _ in [:] } : queried
  }

  /// Adds what `gradients` has by the steps of `part`, and by scales.
  mutating func add(_ gradients: Gradients<Kernels>, of part: NetworkPart) {
    steps[part, default: [:]].add(gradients.steps)
    outcome.scales.merge(gradients.scales, uniquingKeysWith: +)
  }

  /// The gradients by the steps of `part`, which are not wanted again.
  mutating func steps(of part: NetworkPart) -> [String: StepGradients<Scalar>] {
    steps.removeValue(forKey: part) ?? [:]
  }

  /// Adds the gradients `inputs` of `decode` of segmented frame `frame` to those by what it was
  /// given: the memory of all frames before, and its query.
  mutating func take(
    _ inputs: [String: Kernels.Value], frame: Int, _ kernels: Kernels
  ) throws {
    func add(_ gradient: Kernels.Value, to sum: inout Kernels.Value?) throws {
      sum = try sum.map { try kernels.sum([$0, gradient]) } ?? gradient
    }
    var inputs = inputs
    for (output, input) in STMNetwork.memories {
      guard let memory = inputs.removeValue(forKey: input) else { continue }
      for index in 0...frame {
        try add(try kernels.frame(index, of: memory), to: &memorized[index][output])
      }
    }
    for (name, gradient) in inputs { try add(gradient, to: &queried[frame][name]) }
  }

  /// Adds the gradients `inputs` of `memorize` by soft masks to those by the shares of segmented frame
  /// `frame`, which these are.
  mutating func takeMasks(
    _ inputs: [String: Kernels.Value], frame: Int, _ kernels: Kernels
  ) throws {
    if let masks = inputs["mask"] { add(try kernels.numbers(of: masks), frame) }
    if let others = inputs["others"] {
      add(OtherObjects.gradient(try kernels.numbers(of: others)), frame)
    }
  }

  /// Adds `masks` `[N, 1, H, W]` to the gradients by shares, the first of which is the background's.
  private mutating func add(_ masks: Numbers<Scalar>, _ frame: Int) {
    let plane = masks.shape[2] * masks.shape[3]
    for index in masks.values.indices { shares[frame][plane + index] += masks.values[index] }
  }
}

extension Dictionary {
  /// Adds `gradients` to those of the same steps.
  mutating func add<Scalar: Real>(_ gradients: [Key: StepGradients<Scalar>])
  where Value == StepGradients<Scalar> {
    for (step, gradient) in gradients {
      if self[step]?.add(gradient) == nil { self[step] = gradient }
    }
  }
}
