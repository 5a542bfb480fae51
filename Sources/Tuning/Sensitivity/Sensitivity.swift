import Models
import Networks
import Quantization
import STMModel

/// What 8-bit integers in each layer cost, one layer at a time.
///
/// Layers are the convolutions and the memory read, which in int8 works on bfloat16; nothing else
/// changes by being in int8 alone.
public struct Sensitivity: Sendable {
  /// One layer.
  public struct Layer: Sendable {
    /// The layer's name, as in plans.
    public let name: String
    /// The program that it belongs to.
    public let program: String
    /// It alone in int8, everything else in binary32: its harm.
    public let alone: PlanQuality
    /// Its weights alone in 8 bits (w8), everything else in binary32; nil: it is no convolution.
    public let weights: PlanQuality?
    /// It alone in int8, but its weights in binary32: what it reads, its residual included, is in
    /// 8 bits; nil: it is no convolution.
    public let activations: PlanQuality?
    /// It alone in binary32, everything else in int8.
    public let keptWide: PlanQuality
  }

  /// The layers, the most harmful first; among equals in the order in which they run.
  public let layers: [Layer]
  /// Every layer in int8.
  public let int8: PlanQuality
  /// The number of frames that every measurement segmented.
  public let frameCount: Int

  /// The sum of the layers' noises, which is about ``int8``'s where layers do not make one another's
  /// errors worse.
  public var noiseSum: Double { layers.map(\.alone.noise).reduce(0, +) }

  /// Measures the layers of `evaluation`'s model; `progress` is told how many measurements of how
  /// many are done.
  ///
  /// Throws what ``PlanEvaluation/quality(of:withFloatKernelsOf:frames:)`` throws.
  public init(
    of evaluation: PlanEvaluation, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    let places = evaluation.model.network.deployedPrograms.flatMap { program in
      program.steps.filter { $0.hasOwnPrecision && ($0.convolution != nil || $0.isMemoryRead) }
        .map { (program.name, $0) }
    }
    let total = 1 + places.reduce(0) { $0 + ($1.1.convolution == nil ? 2 : 4) }
    var done = 0
    func quality(_ plan: PrecisionPlan, wide: Set<String> = []) throws -> PlanQuality {
      let quality = try evaluation.quality(of: plan, withFloatKernelsOf: wide)
      done += 1
      progress(done, total)
      return quality
    }
    func alone(
      _ step: Step, in precision: Precision, wide: Set<String> = []
    ) throws -> PlanQuality {
      try quality(PrecisionPlan(.float32, exceptions: [step.layer: precision]), wide: wide)
    }
    let narrow = try places.map {
      _, step -> (alone: PlanQuality, weights: PlanQuality?, activations: PlanQuality?) in
      guard step.convolution != nil else {
        return (try alone(step, in: .bfloat16), nil, nil)
      }
      return (
        try alone(step, in: .int8), try alone(step, in: .w8),
        try alone(step, in: .int8, wide: [step.layer])
      )
    }
    int8 = try quality(PrecisionPlan(.int8))
    let measured = try zip(places, narrow).map { place, narrow in
      Layer(
        name: place.1.layer, program: place.0, alone: narrow.alone, weights: narrow.weights,
        activations: narrow.activations,
        keptWide: try quality(PrecisionPlan(.int8, exceptions: [place.1.layer: .float32])))
    }
    layers = measured.enumerated()
      .sorted { ($1.element.alone.noise, $0.offset) < ($0.element.alone.noise, $1.offset) }
      .map(\.element)
    frameCount = evaluation.frameCount
  }
}

extension Step {
  /// Whether it reads the memory.
  var isMemoryRead: Bool { if case .memoryRead = operation { true } else { false } }
}
