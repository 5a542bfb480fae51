public import Execution
public import Models
import Networks
public import Quantization
import STMModel
public import Segmentation

/// Compares two models of one network over a clip, layer by layer and frame by frame.
///
/// The reference segments the clip on its own masks. The candidate segments it three times:
/// *isolated*, where each layer is given what the reference's layers made, so that each shows the
/// error that it adds itself; *teacher-forced*, memorizing the reference's masks, so that errors
/// accumulate from layer to layer, and each frame shows its own; and *free-running*, memorizing its
/// own masks, so that errors feed back as they do in use.
public struct ClipVerification: Sendable {
  /// One step of the deployed programs, over all frames.
  public struct Layer: Sendable {
    /// The step's name: the last layer that it covers.
    public let name: String
    /// The program that it belongs to.
    public let program: String
    /// The layers that it covers.
    public let covers: [String]
    /// Whether it is a convolution, with whatever is fused into it.
    public let isConvolution: Bool
    /// How the candidate runs it.
    public let precision: Precision
    /// How far its value is off where it is given the reference's values.
    public let isolated: LayerMetrics
    /// How far its value is off in the teacher-forced run.
    public let accumulated: LayerMetrics
    /// The energy of what the layer contributes to each channel: of the reference's value, less the
    /// residual that it is added to, if it is. Where a ReLU comes last, what it cut off is left out.
    public let contributedEnergies: [Double]
    /// How the candidate holds the value.
    public let storage: Storage
    /// The error energy that rounding makes of the value and of the residual that it is added to.
    public let roundingEnergy: Double
    /// The smallest ``contributionSQNR`` allowed, in dB.
    public let tolerance: Double
  }

  /// Which of the two networks.
  public enum Side: String, Sendable {
    /// The model that is taken for right.
    case reference
    /// The model that is compared with it.
    case candidate
  }

  /// A step without a counterpart, which makes a comparison fail.
  public struct Unmatched: Sendable, Hashable {
    /// The step's name.
    public let name: String
    /// The program that it belongs to.
    public let program: String
    /// The layers that it covers.
    public let covers: [String]
    /// The network that has it.
    public let side: Side
  }

  /// The steps that both networks have, in the order in which they run.
  public let layers: [Layer]
  /// The steps that only one of them has.
  public let unmatched: [Unmatched]
  /// The segmented frames.
  public let frames: [Frame]
  /// The teacher-forced logits, all frames together.
  public let logits: ErrorMetrics
  /// The candidate's precisions.
  public let plan: PrecisionPlan
  /// The gates, in the order given, with what was found.
  public let gates: [GateResult]
  /// How many entries of the memory a query position read (`BoundProgram.topK`); nil: all.
  public let topK: Int?
  /// The frames whose free-running masks agree least with the reference's, as many as were asked
  /// for, in the order of the clip.
  public let pictures: [Picture]

  /// Runs both models over `clip`, each on its own of `backends`, with memory reads limited to the
  /// `topK` best entries; `progress` is told how many frames are done. The masks of the `keptPictures`
  /// worst frames are kept.
  ///
  /// Throws ``VerificationError/configurations(reference:candidate:)``, or what reading the clip
  /// and running the programs throw.
  public init(
    reference: Model, candidate: Model, clip: Clip,
    backends: (reference: any Backend, candidate: any Backend), criteria: ClipCriteria,
    topK: Int? = nil, keptPictures: Int = 0, progress: (Int) -> Void = { _ in }
  ) throws {
    let networks = try Self.compile(
      reference: reference, candidate: candidate, backends: backends, topK: topK)
    try self.init(
      reference: networks.reference, candidate: networks.candidate, plan: candidate.plan,
      clip: clip, criteria: criteria, keptPictures: keptPictures, progress: progress)
  }

  /// Compiles both models, each for its own of `backends`.
  ///
  /// Throws ``VerificationError/configurations(reference:candidate:)``,
  /// ``VerificationError/finerCandidate(path:layer:reference:candidate:referencePath:)`` or what
  /// compiling throws.
  public static func compile(
    reference: Model, candidate: Model,
    backends: (reference: any Backend, candidate: any Backend), topK: Int? = nil
  ) throws -> (reference: CompiledNetwork, candidate: CompiledNetwork) {
    guard reference.configuration == candidate.configuration else {
      throw VerificationError.configurations(
        reference: "\(reference.configuration) as in \(reference.path)",
        candidate: "\(candidate.configuration) in \(candidate.path)")
    }
    for step in reference.network.deployedPrograms.flatMap(\.steps) where step.hasOwnPrecision {
      let (expected, found) = (reference.plan[step], candidate.plan[step])
      guard !found.isFiner(than: expected) else {
        throw VerificationError.finerCandidate(
          path: candidate.path, layer: step.layer, reference: expected.rawValue,
          candidate: found.rawValue, referencePath: reference.path)
      }
    }
    return (
      try CompiledNetwork(reference, backend: backends.reference, topK: topK),
      try CompiledNetwork(candidate, backend: backends.candidate, topK: topK)
    )
  }

  /// Runs two networks of one configuration over `clip`; `plan` is the candidate's.
  ///
  /// Steps are compared where both networks have the same; the masks of the `keptPictures` worst
  /// frames are kept. Throws what reading the clip and running
  /// the programs throw.
  public init(
    reference: CompiledNetwork, candidate: CompiledNetwork, plan: PrecisionPlan, clip: Clip,
    criteria: ClipCriteria, keptPictures: Int = 0, progress: (Int) -> Void = { _ in }
  ) throws {
    var run = try ClipRun(
      reference: reference, candidate: candidate, clip: clip, keeping: keptPictures)
    while try run.advance() { progress(run.frames.count) }
    layers = run.comparison.layers(criteria)
    unmatched = run.comparison.unmatched
    frames = run.frames
    logits = run.logits
    pictures = run.worst.pictures
    self.plan = plan
    topK = candidate.decode.bound.topK
    gates = criteria.gates.map { [layers, frames] in GateResult(of: $0, layers, frames) }
  }
}

extension Precision {
  /// Whether all that `other` can tell apart this can, and more.
  fileprivate func isFiner(than other: Precision) -> Bool {
    switch (self, other) {
    case (.float32, _): other != .float32
    case (.float16, .bfloat16), (.float16, .int8), (.bfloat16, .int8), (.w8, .int8): true
    default: false
    }
  }
}
