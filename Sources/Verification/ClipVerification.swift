import Evaluation
public import Execution
public import Models
import Networks
public import Quantization
public import Segmentation
import Tensors

/// Compares two models of one network over a clip, layer by layer and frame by frame.
///
/// The reference segments the clip on its own masks. The candidate segments it twice:
/// teacher-forced, memorizing the reference's masks, so that each frame shows its own error; and
/// free-running, memorizing its own, so that errors feed back as they do in use. Layers are
/// compared in the teacher-forced run.
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
    /// How far the candidate's value is off.
    public let metrics: ErrorMetrics
    /// The smallest SQNR allowed, in dB.
    public let tolerance: Double

    /// Whether the SQNR is at least the tolerance.
    public var passes: Bool { metrics.sqnr >= tolerance }
  }

  /// One object in one frame.
  public struct Object: Sendable {
    /// The object's id in the masks.
    public let id: UInt8
    /// IoU of the teacher-forced candidate's mask with the reference's.
    public let teacherForced: Double
    /// IoU of the free-running candidate's mask with the reference's.
    public let freeRunning: Double
    /// IoU of the reference's mask with the ground truth, where the frame has one.
    public let referenceTruth: Double?
    /// IoU of the free-running candidate's mask with the ground truth, where the frame has one.
    public let candidateTruth: Double?
  }

  /// One segmented frame.
  public struct Frame: Sendable {
    /// The frame's number in the clip; segmentation starts at 1.
    public let index: Int
    /// The frame's name in the clip.
    public let name: String
    /// How many frames were in memory.
    public let memoryFrames: Int
    /// The objects of the first mask in the order of their ids.
    public let objects: [Object]
  }

  /// The steps in the order in which they run.
  public let layers: [Layer]
  /// The segmented frames.
  public let frames: [Frame]
  /// The teacher-forced logits, all frames together.
  public let logits: ErrorMetrics
  /// The candidate's precisions.
  public let plan: PrecisionPlan
  /// The smallest mean IoU allowed, teacher-forced and free-running.
  public let minimumIoU: Double
  /// How many entries of the memory a query position read (`BoundProgram.topK`); nil: all.
  public let topK: Int?

  /// Runs both models over `clip`, each on its own of `backends`, with memory reads limited to the
  /// `topK` best entries; `progress` is told how many frames are done.
  ///
  /// Throws ``VerificationError/configurations(reference:candidate:)``, or what reading the clip
  /// and running the programs throw.
  public init(
    reference: Model, candidate: Model, clip: Clip,
    backends: (reference: any Backend, candidate: any Backend), gates: ClipGates,
    topK: Int? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    guard reference.configuration == candidate.configuration else {
      throw VerificationError.configurations(
        reference: "\(reference.configuration) as in \(reference.path)",
        candidate: "\(candidate.configuration) in \(candidate.path)")
    }
    let networks = (
      try CompiledNetwork(reference, backend: backends.reference, topK: topK),
      try CompiledNetwork(candidate, backend: backends.candidate, topK: topK)
    )
    let comparison = LayerComparison(of: networks.1, gates: gates)
    func segmentation(_ network: CompiledNetwork) -> VideoSegmentation {
      VideoSegmentation(network, height: clip.height, width: clip.width)
    }
    var (leader, forced, free) = (
      segmentation(networks.0), segmentation(networks.1), segmentation(networks.1)
    )
    // An id that the first mask skips has no object, and would count as a perfect mask.
    let objects = Set(clip.firstMask.ids).subtracting([0]).sorted()
    let given = clip.firstMask.probabilities(objectCount: clip.objectCount)
    var (known, own) = (given, given)
    var frame = try clip.frame(0)
    var frames: [Frame] = []
    var logits = ErrorMetrics()
    for index in 1..<clip.frameCount {
      try leader.memorize(frame: frame, probabilities: known, taps: comparison.record(0))
      try forced.memorize(frame: frame, probabilities: known, taps: comparison.compare(0))
      try free.memorize(frame: frame, probabilities: own)
      frame = try clip.frame(index)
      let led = try leader.segment(
        frame: frame, taps: (comparison.record(1), comparison.record(2)))
      let followed = try forced.segment(
        frame: frame, taps: (comparison.compare(1), comparison.compare(2)))
      (known, own) = (led.probabilities, try free.segment(frame: frame).probabilities)
      logits.include(reference: led.logits, candidate: followed.logits)
      frames.append(
        Frame(
          index: index, name: clip.frameNames[index], memoryFrames: leader.framesInMemory.count,
          objects: Self.compare(
            reference: ObjectMask(mostProbable: known),
            forced: ObjectMask(mostProbable: followed.probabilities),
            free: ObjectMask(mostProbable: own), truth: try clip.truth(index),
            objects: objects)))
      progress(index)
    }
    layers = comparison.layers
    self.frames = frames
    self.logits = logits
    plan = candidate.plan
    minimumIoU = gates.minimumIoU
    self.topK = topK
  }

  private static func compare(
    reference: ObjectMask, forced: ObjectMask, free: ObjectMask, truth: ObjectMask?,
    objects: [UInt8]
  ) -> [Object] {
    objects.map { id in
      Object(
        id: id, teacherForced: forced.intersectionOverUnion(with: reference, id: id),
        freeRunning: free.intersectionOverUnion(with: reference, id: id),
        referenceTruth: truth.map { reference.intersectionOverUnion(with: $0, id: id) },
        candidateTruth: truth.map { free.intersectionOverUnion(with: $0, id: id) })
    }
  }
}
