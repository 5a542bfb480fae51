import Differentiation
import STMModel
import Tensors

/// A network that is run over the three frames of a clip: the first is memorized with its true masks,
/// the second is segmented and memorized with the soft masks that came out, the third is segmented
/// with both in memory.
struct ThreeFrames<Kernels: DifferentiableKernels> {
  typealias Scalar = Kernels.Scalar
  typealias Value = Kernels.Value

  /// What was run, frame after frame.
  struct Run {
    /// The runs of `memorize`, of all frames but the last.
    var memorized: [Tape<Kernels>] = []
    /// The runs of `query`, of all frames but the first.
    var queried: [Tape<Kernels>] = []
    /// The runs of `decode`, of all frames but the first.
    var decoded: [Tape<Kernels>] = []
    /// What each of the latter came to.
    var shares: [ObjectShares<Scalar>] = []

    /// The moments that batch norms took, run after run.
    var moments: [[String: BatchMoments<Scalar>]] {
      zip(memorized, queried).flatMap { [$0.moments, $1.moments] }.filter { !$0.isEmpty }
    }
  }

  let kernels: Kernels
  let settings: LossSettings
  let memorize: DifferentiableProgram<Kernels>
  let query: DifferentiableProgram<Kernels>
  let decode: DifferentiableProgram<Kernels>

  /// A network with `numbers`, in the order of ``TrainedModel/programs``.
  ///
  /// Throws what packing kernels throws.
  init(
    _ numbers: [ProgramNumbers<Scalar>], _ settings: LossSettings, _ kernels: Kernels,
    checkpoints: DifferentiableProgram<Kernels>.Checkpoints
  ) throws {
    self.kernels = kernels
    self.settings = settings
    memorize = try numbers[0].differentiable(kernels, checkpoints: checkpoints)
    query = try numbers[1].differentiable(kernels, checkpoints: checkpoints)
    decode = try numbers[2].differentiable(kernels, checkpoints: checkpoints)
  }

  /// Runs over `clip`.
  ///
  /// Throws ``TrainingError/singleElement(clip:layer:)`` or what the kernels throw.
  func run(_ clip: TrainingClip) throws -> Run {
    var run = Run()
    var masks: Numbers<Scalar> = clip.objectMasks(0)
    for frame in TrainingClip.segmented {
      let memorized = try memorize.run([
        "frame": kernels.load(Numbers(clip.frames[frame - 1])),
        "mask": kernels.load(masks),
        "others": kernels.load(OtherObjects.sums(masks)),
      ])
      run.memorized.append(memorized)
      let queried = try query.run(["frame": kernels.load(Numbers(clip.frames[frame]))])
      run.queried.append(queried)
      var inputs = queried.outputs
      for (output, input) in STMNetwork.memories {
        inputs[input] = try kernels.memory(of: run.memorized.map { $0.output(output) })
      }
      let decoded = try decode.run(inputs)
      run.decoded.append(decoded)
      let shares = ObjectShares(try kernels.numbers(of: decoded.output("logits")))
      run.shares.append(shares)
      masks = shares.masks
    }
    for moments in run.moments {
      if let layer = moments.filter({ $0.value.count < 2 }).keys.min() {
        throw TrainingError.singleElement(clip: clip.source, layer: layer)
      }
    }
    return run
  }

  /// The first value of `run` that is not finite, in the order in which they were computed.
  func firstNotFinite(in run: Run) throws -> String? {
    for frame in run.decoded.indices {
      if let name = try memorize.firstNotFinite(in: run.memorized[frame])
        ?? query.firstNotFinite(in: run.queried[frame])
        ?? decode.firstNotFinite(in: run.decoded[frame])
      {
        return name
      }
    }
    return nil
  }
}
