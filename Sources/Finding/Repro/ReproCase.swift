public import Execution
import Files
public import Models
public import Networks
public import Quantization
public import STMModel
public import Segmentation
import Tensors
public import Verification

/// One layer of two models in one frame, with all that it takes to run it alone: what it was given,
/// its weights and its attributes, and what both made of it.
///
/// The reference is what it is in a clip. The candidate's layer is given the reference's values, so
/// that its error is its own.
public struct ReproCase: Sendable {
  /// What is run, and how.
  let description: ReproDescription
  let reference: ReproSide
  let candidate: ReproSide
  /// What the reference's step read, in its order.
  let inputs: [FloatTensor]
  /// What the candidate's read: the same, as the candidate's programs hand it to one another.
  let candidateInputs: [FloatTensor]
  /// What the reference's step made.
  let referenceOutput: FloatTensor
  /// What the candidate's made.
  let candidateOutput: FloatTensor

  /// The step's name.
  public var layer: String { description.layer }
  /// The program that it belongs to.
  public var program: String { description.program }
  /// The frame's number in the clip.
  public var frame: Int { description.frame }
  /// The backend that both outputs are of, and the candidate's arithmetic.
  public var origin: (backend: String, arithmetic: String) {
    (description.backend, description.arithmetic)
  }

  /// The plans of both models.
  public var plans: (reference: PrecisionPlan, candidate: PrecisionPlan) {
    (reference.bound.plan, candidate.bound.plan)
  }

  /// The error of the stored outputs.
  public var recorded: ClipVerification.Layer { judged(candidateOutput) }

  /// The case of the layer `name`, a step of the deployed programs or a layer that one covers, in
  /// frame number `frame` of `clip`; each model runs on its own of `backends`, the candidate's with
  /// `arithmetic`, and memory reads are limited to the `topK` best entries. `progress` is told how
  /// many frames are done.
  ///
  /// Throws ``FindingError``, or what reading the clip, binding and running throw.
  public init(
    of name: String, frame: Int, reference: Model, candidate: Model, clip: Clip,
    backends: (reference: any Backend, candidate: any Backend), arithmetic: Arithmetic,
    criteria: ClipCriteria, topK: Int? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    try ProgramLayout.check(candidate, against: reference)
    let step = try Self.step(name, of: candidate.network)
    func side(_ model: Model) throws -> ReproSide {
      try ReproSide(
        step.name, of: model.network, plan: model.plan, weights: model.weights, topK: topK)
    }
    (self.reference, self.candidate) = (try side(reference), try side(candidate))
    let programs = candidate.network.deployedPrograms
    guard let index = programs.firstIndex(where: { $0.steps.contains(step) }) else {
      preconditionFailure("no step '\(step.name)'")
    }
    let frames = index == 0 ? 0..<clip.frameCount - 1 : 1..<clip.frameCount
    guard frames.contains(frame) else {
      throw FindingError.frame(
        layer: step.name, expected: "\(frames.lowerBound) to \(frames.upperBound - 1)", found: frame
      )
    }
    let recorder = try ReproRecorder(
      step, program: index, frame: frame,
      networks: (
        CompiledNetwork(reference, backend: backends.reference, topK: topK),
        CompiledNetwork(candidate, backend: backends.candidate, topK: topK)
      ), clip: clip, progress: progress)
    (inputs, candidateInputs) = (recorder.inputs, recorder.candidateInputs)
    (referenceOutput, candidateOutput) = (recorder.reference, recorder.candidate)
    let residual = step.addsResidual ? recorder.inputs.last : nil
    let layer = ClipVerification.Layer(
      step, in: self.candidate.bound, reference: recorder.reference,
      candidate: recorder.candidate, residual: residual, frame: frame, criteria: criteria)
    description = ReproDescription(
      layer, step, frame: frame, configuration: candidate.configuration,
      bounds: (self.reference.bound, self.candidate.bound), topK: topK,
      backend: type(of: backends.candidate).name, arithmetic: arithmetic.rawValue)
  }

  /// The step of the deployed programs of `network` that is called `name` or covers a layer of that
  /// name. Throws ``FindingError/noLayer(_:nearest:)``.
  public static func step(
    _ name: String, of network: STMNetwork
  ) throws(FindingError) -> Step {
    let steps = network.deployedPrograms.flatMap(\.steps)
    guard let step = steps.first(where: { $0.isCalled(name) }) else {
      throw .noLayer(
        name, nearest: NameSimilarity.nearest(to: name, among: steps.map(\.name), count: 3))
    }
    return step
  }

  init(
    _ description: ReproDescription, _ reference: ReproSide, _ candidate: ReproSide,
    inputs: (reference: [FloatTensor], candidate: [FloatTensor]),
    outputs: (reference: FloatTensor, candidate: FloatTensor)
  ) {
    self.description = description
    (self.reference, self.candidate) = (reference, candidate)
    (self.inputs, candidateInputs) = inputs
    (referenceOutput, candidateOutput) = outputs
  }

  /// What came of running the layer alone.
  public struct Outcome: Sendable {
    /// How far the candidate's value is off from the stored value of the reference.
    public let error: ClipVerification.Layer
    /// Whether the candidate's value has the stored bytes.
    public let isSameCandidate: Bool
    /// Whether the reference's value has the stored bytes.
    public let isSameReference: Bool
  }

  /// Runs the layer of both models alone, each on its own of `backends`.
  ///
  /// Throws what compiling and running throw.
  public func run(
    on backends: (reference: any Backend, candidate: any Backend)
  ) throws -> Outcome {
    let values = (
      try reference.run(inputs, on: backends.reference),
      try candidate.run(candidateInputs, on: backends.candidate)
    )
    return Outcome(
      error: judged(values.1), isSameCandidate: values.1.hasBits(of: candidateOutput),
      isSameReference: values.0.hasBits(of: referenceOutput))
  }

  private func judged(_ value: FloatTensor) -> ClipVerification.Layer {
    ClipVerification.Layer(
      candidate.step, in: candidate.bound, reference: referenceOutput, candidate: value,
      residual: candidate.step.addsResidual ? inputs.last : nil, frame: frame,
      criteria: ClipCriteria(
        tolerances: [Tolerances.Exception(pattern: .all, value: description.tolerance)], gates: []))
  }
}

extension Step {
  /// Whether `name` is the step's, or that of a layer that it covers.
  fileprivate func isCalled(_ name: String) -> Bool { self.name == name || covers.contains(name) }
}

extension FloatTensor {
  /// Whether both have the same shape and bytes.
  func hasBits(of other: FloatTensor) -> Bool {
    Tensor(self).isBitIdentical(to: Tensor(other))
  }
}
