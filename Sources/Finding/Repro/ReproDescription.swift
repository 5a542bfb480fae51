import Execution
import Networks
import Quantization
import STMModel
import Verification

/// What `case.json` says of a case (`Schemas/repro-case.schema.json`).
struct ReproDescription: Codable, Sendable {
  /// One of the two models.
  struct Side: Codable, Sendable {
    /// The model's plan as JSON.
    let plan: String
    /// How the step computes.
    let precision: String
    /// How what it reads is held, in its order.
    let inputs: [String]
    /// How what it makes is held.
    let output: String
  }

  /// What the step does.
  struct Attributes: Codable, Sendable {
    let operation: String
    let kernel: Int?
    let stride: Int?
    let padding: Int?
    let addsResidual: Bool
    let appliesReLU: Bool
    let normalizesImages: Bool
  }

  /// How far the candidate's value is off.
  struct Errors: Codable, Sendable {
    let contributionSqnr: Double
    let isolatedSqnr: Double
    let maximumError: Double
    let nonFinite: Int
  }

  static let currentFormat = 1

  let format: Int
  let layer: String
  let program: String
  let covers: [String]
  let frame: Int
  let configuration: STMConfiguration
  let attributes: Attributes
  let inputs: [String]
  let reference: Side
  let candidate: Side
  let topK: Int?
  let backend: String
  let arithmetic: String
  let tolerance: Double
  let errors: Errors

  init(
    _ layer: ClipVerification.Layer, _ step: Step, frame: Int, configuration: STMConfiguration,
    bounds: (reference: BoundProgram, candidate: BoundProgram), topK: Int?, backend: String,
    arithmetic: String
  ) {
    format = Self.currentFormat
    (self.layer, program, covers) = (layer.name, layer.program, layer.covers)
    self.frame = frame
    self.configuration = configuration
    let geometry = step.convolution
    attributes = Attributes(
      operation: step.operation.title, kernel: geometry?.kernel, stride: geometry?.stride,
      padding: geometry?.padding, addsResidual: step.addsResidual, appliesReLU: step.appliesReLU,
      normalizesImages: step.readsImages)
    inputs = step.inputs
    reference = Side(step, bounds.reference)
    candidate = Side(step, bounds.candidate)
    self.topK = topK
    (self.backend, self.arithmetic) = (backend, arithmetic)
    tolerance = layer.tolerance
    errors = Errors(
      contributionSqnr: layer.contributionSQNR, isolatedSqnr: layer.isolated.total.sqnr,
      maximumError: layer.isolated.total.maximumError,
      nonFinite: layer.isolated.total.nonFiniteCount)
  }
}

extension ReproDescription.Side {
  fileprivate init(_ step: Step, _ bound: BoundProgram) {
    self.init(
      plan: bound.plan.json, precision: bound.arithmetic(of: step).rawValue,
      inputs: step.inputs.map { bound.storage(of: $0).title },
      output: bound.storage(of: step.name).title)
  }
}

extension LayerOperation {
  /// What it is called in cases.
  fileprivate var title: String {
    switch self {
    case .normalize: "normalize"
    case .convolution: "convolution"
    case .batchNormalization: "batch normalization"
    case .relu: "relu"
    case .maxPool: "max pooling"
    case .add: "add"
    case .upsample: "upsample"
    case .concatenate: "concatenate"
    case .memoryRead: "memory read"
    }
  }
}
