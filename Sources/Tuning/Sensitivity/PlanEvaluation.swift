public import Execution
import Foundation
public import Models
import Networks
public import Quantization
import STMModel
public import Segmentation
import Tensors
import Verification

/// What `Model.quantized(by:statistics:method:quantizing:)` is given beside a plan.
public struct PlanQuantization: Sendable {
  /// What calibration saw; nil where no plan holds 8-bit activations.
  public let statistics: CalibrationStatistics?
  /// How ranges of activations are found.
  public let method: RangeMethod
  /// How kernels become integers.
  public let weights: WeightQuantization

  /// A quantization.
  public init(
    statistics: CalibrationStatistics? = nil, method: RangeMethod = .minmax,
    weights: WeightQuantization = WeightQuantization()
  ) {
    self.statistics = statistics
    self.method = method
    self.weights = weights
  }
}

/// Holds precision plans of a binary32 model against the model itself, teacher-forced.
///
/// The model segments the clips once, and what it was given and gave is kept. A plan is then run on
/// that. Programs that a plan leaves as the one before had them are not run again, as far as their
/// results fit in memory: at most 128 MiB for each of at most two variants of two programs.
public final class PlanEvaluation {
  /// The binary32 model.
  public let model: Model
  /// How plans are made of it.
  public let quantization: PlanQuantization

  private let backend: any Backend
  private let references: [ReferenceRun]
  private let programs: [Program]
  private let equalization: Equalization
  private var variants: [RecentVariants]

  /// Segments `clips` with `model` on `backend`; `progress` is told how many frames of all are done.
  ///
  /// Throws `ModelError` unless `model` is in binary32 and the statistics are its own,
  /// ``TuningError/noClips`` or what reading clips and running the programs throw.
  public init(
    _ model: Model, _ quantization: PlanQuantization, backend: any Backend, clips: [Clip],
    progress: (Int) -> Void = { _ in }
  ) throws {
    try model.requireFloat32()
    if let statistics = quantization.statistics { try model.require(statistics) }
    if quantization.weights.biasCorrection == .analytic { try model.requireBatchNorms() }
    guard !clips.isEmpty else { throw TuningError.noClips }
    self.model = model
    self.quantization = quantization
    self.backend = backend
    let network = try CompiledNetwork(model, backend: backend)
    var done = 0
    references = try clips.map { clip in
      defer { done += clip.frameCount - 1 }
      return try ReferenceRun(of: clip, by: network) { progress(done + $0) }
    }
    programs = model.network.deployedPrograms
    equalization =
      quantization.weights.equalizes
      ? try Equalization(of: programs, quantization.statistics ?? CalibrationStatistics()) : .none
    variants = programs.map { _ in RecentVariants() }
  }

  /// How many frames are segmented of all clips.
  public var frameCount: Int { references.reduce(0) { $0 + $1.frameCount - 1 } }

  /// What measurements depend on, by name: the model, the clips, the backend, and the statistics;
  /// how kernels become integers is for the caller to say.
  ///
  /// Throws what reading the weights throws.
  public func origin() throws -> [String: String] {
    var origin = ["model": try model.fingerprint, "backend": type(of: backend).name]
    for (index, reference) in references.enumerated() {
      origin["clip \(index + 1)"] = reference.origin
    }
    guard let statistics = quantization.statistics else { return origin }
    var fingerprint = Fingerprint()
    fingerprint.include("\(quantization.method)\n\(try statistics.json)")
    origin["ranges"] = fingerprint.text
    return origin
  }

  /// How close `plan`, one of the model's network, comes to binary32 over the first `frames` frames
  /// of each clip, or all. Of the layers in `wide` that are in int8, what they read is in 8 bits, but
  /// not their kernels.
  ///
  /// Throws `QuantizationError` where the plan needs what the statistics do not have, or what binding,
  /// compiling and running throw.
  public func quality(
    of plan: PrecisionPlan, withFloatKernelsOf wide: Set<String> = [], frames: Int? = nil
  ) throws -> PlanQuality {
    let parts = try programs.indices.map { try variant(of: $0, plan, wide) }
    return PlanQuality(
      try references.enumerated().map { number, reference in
        try quality(parts, clip: number, reference, frames: frames ?? .max)
      })
  }

  private func quality(
    _ parts: [ProgramVariant], clip: Int, _ reference: ReferenceRun, frames: Int
  ) throws -> PlanQuality.Clip {
    let (memorize, query, decode) = (parts[0], parts[1], parts[2].compiled)
    var memory = MemoryBank()
    var metrics = ErrorMetrics()
    var overlaps: [Double] = []
    for index in 1..<min(max(frames, 2), reference.frameCount) {
      let memorized = try memorize.result(for: .init(clip: clip, index: index - 1)) {
        reference.memorizing(index - 1)
      }
      func entry(_ output: String) throws -> any HeldTensor {
        guard let value = memorized[output], let input = STMNetwork.memories[output] else {
          preconditionFailure("no memory '\(output)'")
        }
        return try decode.prepare(value, as: input)
      }
      try memory.add(frame: index - 1, key: try entry("key"), value: try entry("value"))
      var inputs = try query.result(for: .init(clip: clip, index: index)) {
        reference.querying(index)
      }
      inputs["memory_keys"] = memory.keys
      inputs["memory_values"] = memory.values
      guard let logits = try decode.run(held: inputs, taps: .none)["logits"]?.floats() else {
        preconditionFailure("no logits")
      }
      reference.compare(logits, at: index, in: &metrics)
      overlaps += reference.overlaps(of: logits, at: index)
    }
    return PlanQuality.Clip(
      name: reference.name, noise: pow(10, -metrics.sqnr / 10),
      iou: overlaps.isEmpty ? 1 : overlaps.reduce(0, +) / Double(overlaps.count))
  }

  private func variant(
    of index: Int, _ plan: PrecisionPlan, _ wide: Set<String>
  ) throws -> ProgramVariant {
    let program = programs[index]
    let key = ProgramVariant.Key(
      plan: plan.restricted(to: program),
      floatKernels: wide.intersection(program.steps.map(\.layer)))
    return try variants[index].variant(key) {
      let weights = try TensorArchive(
        program.tensors(
          of: model.weights, in: key.plan, statistics: quantization.statistics,
          method: quantization.method, quantizing: quantization.weights,
          equalization: equalization))
      let bound = try BoundProgram(program, plan: key.plan, weights: weights)
      guard !key.floatKernels.isEmpty else { return ProgramVariant(try backend.compile(bound)) }
      let wide = try TensorArchive(
        program.tensors(
          of: model.weights, in: PrecisionPlan(.float32), equalization: equalization))
      return ProgramVariant(
        try backend.compile(bound.withFloatKernels(of: key.floatKernels, from: wide)))
    }
  }
}
