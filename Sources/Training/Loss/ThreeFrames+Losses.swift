import Differentiation
import Tensors

extension ThreeFrames {
  /// The losses of a run, and their gradients by what they are computed from.
  struct Losses {
    /// The sums.
    var values = LossValues()
    /// By the shares of each segmented frame, `[N + 1, H, W]`.
    var shares: [[Scalar]]
    /// By the keys of each memorized frame, `[N, K, H/16, W/16]`; empty: none was asked for.
    var keys: [Numbers<Scalar>] = []
    /// By the key of each segmented frame, `[1, K, H/16, W/16]`; empty: none was asked for.
    var queries: [Numbers<Scalar>] = []
  }

  /// The losses of `run`, which is over `clip`; gradients are those of what `counts` divides.
  ///
  /// Throws ``TrainingError/notFinite(step:clip:layer:checkpoint:)`` or what the kernels throw.
  func losses(
    of run: Run, _ clip: TrainingClip, _ counts: LossCounts, step: Int
  ) throws -> Losses {
    let scales = LossScales(settings, counts)
    let masks = Array(clip.masks[TrainingClip.segmented])
    var losses = Losses(
      shares: run.shares.map { [Scalar](repeating: 0, count: $0.shares.count) })
    losses.values.crossEntropy = CrossEntropy.sum(
      run.shares, masks, counted: settings.countedPixels(of: clip.knownPixels, step: step),
      scale: scales.crossEntropy, gradients: &losses.shares)
    if settings.dice != 0 {
      for (index, shares) in run.shares.enumerated() {
        losses.values.dice += DiceLoss.sum(
          shares, masks[index], scale: scales.dice, gradient: &losses.shares[index])
      }
    }
    if settings.attention != 0 { try addAttention(run, clip, scales.attention, to: &losses) }
    guard losses.values.numbers.allSatisfy(\.isFinite) else {
      throw TrainingError.notFinite(
        step: step, clip: clip.source, layer: try firstNotFinite(in: run) ?? "loss",
        checkpoint: nil)
    }
    return losses
  }

  private func addAttention(
    _ run: Run, _ clip: TrainingClip, _ scale: Double, to losses: inout Losses
  ) throws {
    var attention = AttentionLoss(
      keys: try run.memorized.map { try kernels.numbers(of: $0.output("key")) })
    let queries = try run.queried.map { try kernels.numbers(of: $0.output("key")) }
    losses.queries = queries.map { Numbers(zeros: $0.shape) }
    for target in AttentionTargets(clip).queries {
      let index = target.frame - TrainingClip.segmented.lowerBound
      losses.values.attention += attention.sum(
        target, query: queries[index], scale: scale, queryGradient: &losses.queries[index])
    }
    losses.keys = attention.keyGradients
  }
}
