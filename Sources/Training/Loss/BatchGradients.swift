public import Differentiation
import Foundation
public import Tensors

/// The losses of a batch of clips and their gradients by the parameters of a network.
///
/// Clips are spread over threads, each of which runs one clip at a time on kernels of its own. Sums
/// are those of the clips in their order, however many threads there are.
public final class BatchGradients<Kernels: DifferentiableKernels> {
  /// The numbers that are computed with.
  public typealias Scalar = Kernels.Scalar

  /// What a batch gives but its gradients.
  public struct Outcome: Sendable {
    /// The sums of the losses.
    public let losses: LossValues
    /// The moments that batch norms took, for ``TrainedModel/updateStatistics(_:)``: run after run,
    /// clip after clip. Frozen ones take none.
    public let moments: [[String: BatchMoments<Scalar>]]
  }

  /// What is minimized.
  public let settings: LossSettings
  private let checkpoints: DifferentiableProgram<Kernels>.Checkpoints
  /// Those of each thread.
  private let kernels: [Kernels]

  /// Gradients of `settings` on `threads` threads, for each of which `makeKernels` is called once;
  /// `checkpoints` says what is kept of forward runs.
  ///
  /// Throws what `makeKernels` throws.
  public init(
    settings: LossSettings, threads: Int,
    checkpoints: DifferentiableProgram<Kernels>.Checkpoints = .none,
    makeKernels: () throws -> Kernels
  ) throws {
    precondition(threads >= 1, "\(threads) threads")
    self.settings = settings
    self.checkpoints = checkpoints
    kernels = try (0..<threads).map { _ in try makeKernels() }
  }

  /// What to divide the losses of `clips` at `step` by. Processes that share a batch add theirs up.
  public func counts(of clips: [TrainingClip], step: Int) -> LossCounts {
    clips.reduce(LossCounts()) { $0 + LossCounts(of: $1, settings, step: step) }
  }

  /// The losses of `clips` at `step` with `numbers`, those of `model` as they are or quantized, and
  /// their gradients.
  ///
  /// `counts` are those of the whole batch, other processes' clips included. `ready` is called in the
  /// calling thread with the gradients of some parameters, by canonical name, as soon as all clips
  /// have added to them: first those of `Decoder`, then of `Encoder_Q` and `KV_Q_r4`, at last of
  /// `Encoder_M` and `KV_M_r4` and by the scales of roundings, by their names and of shape `[]`. The
  /// threads go on meanwhile.
  ///
  /// Throws ``TrainingError/notFinite(step:clip:layer:checkpoint:)`` for the first clip whose loss is
  /// no number, ``TrainingError/gradientNotFinite(step:parameter:checkpoint:)``,
  /// ``TrainingError/singleElement(clip:layer:)``, or what the kernels or `ready` throw.
  public func gradients(
    of clips: [TrainingClip], step: Int, model: TrainedModel, numbers: [ProgramNumbers<Scalar>],
    counts: LossCounts, ready: ([String: FloatTensor]) throws -> Void
  ) throws -> Outcome {
    precondition(!clips.isEmpty, "no clips")
    let workers = min(kernels.count, clips.count)
    let sums = OrderedGradients<Scalar>(clips: clips.count, workers: workers)
    for index in 0..<workers {
      start(kernels[index], sums) { [settings, checkpoints] kernels in
        try ThreeFrames(numbers, settings, kernels, checkpoints: checkpoints)
      } run: { network, clip in
        try network.gradients(of: clips[clip], counts, step: step) { part, steps in
          sums.add(steps, of: part, clip: clip)
        }
      }
    }
    do {
      for part in NetworkPart.allCases {
        guard let steps = sums.total(of: part) else { break }
        var gradients = model.gradients(
          from: try numbers[part.program].passBack(steps), of: model.programs[part.program])
        if part == NetworkPart.allCases.last {
          gradients.merge(try scales(sums.finished())) { first, _ in first }
        }
        if let name = gradients.filter({ !$0.value.isFinite }).keys.min() {
          throw TrainingError.gradientNotFinite(step: step, parameter: name, checkpoint: nil)
        }
        try ready(gradients)
      }
    } catch {
      sums.cancel()
      _ = try sums.finished()
      throw error
    }
    let outcomes = try sums.finished()
    return Outcome(
      losses: outcomes.reduce(LossValues()) { $0 + $1.losses },
      moments: outcomes.flatMap(\.moments))
  }

  /// Begins a thread that runs clips of `sums` until there is none, on `kernels`, which it has to
  /// itself.
  private func start(
    _ kernels: Kernels, _ sums: OrderedGradients<Scalar>,
    makeNetwork: @escaping @Sendable (Kernels) throws -> ThreeFrames<Kernels>,
    run: @escaping @Sendable (ThreeFrames<Kernels>, Int) throws -> ClipOutcome<Scalar>
  ) {
    nonisolated(unsafe) let kernels = kernels
    Thread {
      defer { sums.leave() }
      var network: ThreeFrames<Kernels>?
      while let clip = sums.nextClip() {
        sums.finish(
          clip,
          Result {
            let made = try network ?? makeNetwork(unsafe kernels)
            network = made
            return try run(made, clip)
          })
      }
    }.start()
  }

  /// The gradients by the scales of roundings, in the order of the clips.
  private func scales(_ outcomes: [ClipOutcome<Scalar>]) -> [String: FloatTensor] {
    outcomes.reduce(into: [String: Scalar]()) { $0.merge($1.scales, uniquingKeysWith: +) }
      .mapValues { FloatTensor(shape: [], values: [Float($0)]) }
  }
}

extension FloatTensor {
  /// Whether every element is finite.
  fileprivate var isFinite: Bool {
    // Infinity and NaN times 0 are NaN, and a sum keeps it.
    let values = values.span
    var sum = SIMD16<Float>.zero
    for index in stride(from: 0, to: values.count, by: 16) {
      sum += values.vector(at: index, count: values.count - index) * 0
    }
    return sum == .zero
  }
}
