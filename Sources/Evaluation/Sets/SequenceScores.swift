/// The scores of one sequence, or what is wrong with it.
struct SequenceScores: Codable {
  /// The scores; nil: the sequence cannot be planned.
  let sequence: Evaluation.Sequence?
  /// What keeps the sequence from being planned.
  let problems: [EvaluationProblem]
  /// What is wrong with masks that count.
  let maskProblems: [EvaluationProblem]

  /// The scores of every one of `pairs`, each a pair of folders or what is missing, in their order.
  ///
  /// Threads share the frames of all of them; `progress` is given how many frames are done, and of how
  /// many.
  static func all(
    _ pairs: [Result<SequencePair, EvaluationProblems>], _ options: EvaluationOptions,
    progress: @Sendable (Int, Int) -> Void
  ) -> [SequenceScores] {
    let plans = concurrentMap(pairs, threads: options.threads) { pair in
      pair.flatMap { $0.plan(options) }
    }
    let comparisons = plans.enumerated().flatMap { index, plan in
      (try? plan.get()).map { FrameComparison.all($0, index, options: options) } ?? []
    }
    let results = concurrentMap(
      comparisons, threads: options.threads, progress: progress
    ) { $0.scores() }
    var scored = plans.map { _ in [(FrameComparison, Result<[MaskScore], EvaluationProblems>)]() }
    for (comparison, result) in zip(comparisons, results) {
      scored[comparison.sequence].append((comparison, result))
    }
    return zip(plans, scored).map(SequenceScores.init)
  }

  private init(
    _ plan: Result<SequencePlan, EvaluationProblems>,
    _ scored: [(FrameComparison, Result<[MaskScore], EvaluationProblems>)]
  ) {
    problems = plan.problems
    maskProblems = scored.flatMap(\.1.problems)
    sequence = (try? plan.get()).map { plan in
      var frames: [UInt8: [Evaluation.Frame]] = [:]
      for (comparison, result) in scored {
        for (id, score) in zip(comparison.counted, (try? result.get()) ?? []) {
          frames[id, default: []].append(
            Evaluation.Frame(name: plan.frames[comparison.frame], score: score))
        }
      }
      return Evaluation.Sequence(plan, frames)
    }
  }
}

extension Evaluation.Sequence {
  fileprivate init(_ plan: SequencePlan, _ frames: [UInt8: [Evaluation.Frame]]) {
    name = plan.name
    objects = plan.objects.map { object in
      let frames = frames[object.id] ?? []
      return Evaluation.Object(
        id: object.id, category: object.category, frames: frames,
        summary: ScoreSummary(frames.map(\.score)))
    }
    summary = ScoreSummary(meanOf: objects.compactMap(\.summary))
    frameCount = Set(plan.objects.flatMap(\.counted)).count
  }
}

extension Result where Failure == EvaluationProblems {
  /// What went wrong.
  fileprivate var problems: [EvaluationProblem] {
    guard case .failure(let problems) = self else { return [] }
    return problems.list
  }
}
