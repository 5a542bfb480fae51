import Quantization

/// What a comparison over one clip of a set comes to.
public struct ClipSummary: Sendable, Codable {
  /// One layer over all frames.
  public struct Layer: Sendable, Hashable, Codable {
    /// The step's name and that of its program.
    public let name: String, program: String
    /// How the candidate runs it.
    public let precision: String
    /// ``ClipVerification/Layer/contributionSQNR`` in dB.
    public let contributionSQNR: Double
    /// The isolated SQNR in dB.
    public let isolatedSQNR: Double
    /// The accumulated SQNR in dB.
    public let accumulatedSQNR: Double
    /// Whether the layer is within its tolerance.
    public let passes: Bool
  }

  /// What was compared.
  public let subject: ClipSubject
  /// Whether the comparison passes by itself, with its own gates.
  public let passes: Bool
  /// The first layer to run that is beyond its tolerance.
  public let firstCause: String?
  /// How many layers have no counterpart.
  public let unmatchedCount: Int
  /// The mean agreement of masks with the reference's, teacher-forced and free-running.
  public let forced: ClipVerification.Agreement, free: ClipVerification.Agreement
  /// The smallest IoU of a free-running mask with the reference's.
  public let worstIoU: Double
  /// The means with the ground truth; nil where the clip has none.
  public let truth: ClipVerification.Truth?
  /// The SQNR of the teacher-forced logits in dB.
  public let logitsSQNR: Double
  /// The layers in the order in which they run.
  public let layers: [Layer]
  /// The gates of this clip alone.
  public let gates: [GateResult]
  /// The segmented frames.
  public let frames: [ClipVerification.Frame]

  /// What `result`, of `subject`, comes to.
  public init(_ result: ClipVerification, of subject: ClipSubject) {
    self.subject = subject
    passes = result.passes
    firstCause = result.firstCause?.name
    unmatchedCount = result.unmatched.count
    forced = result.agreement(.forced)
    free = result.agreement(.free)
    worstIoU = result.worstIoU
    truth = result.truth
    logitsSQNR = result.logits.sqnr
    layers = result.layers.map { layer in
      Layer(
        name: layer.name, program: layer.program, precision: layer.precision.rawValue,
        contributionSQNR: layer.contributionSQNR, isolatedSQNR: layer.isolated.total.sqnr,
        accumulatedSQNR: layer.accumulated.total.sqnr, passes: layer.passes)
    }
    gates = result.gates
    frames = result.frames
  }
}
