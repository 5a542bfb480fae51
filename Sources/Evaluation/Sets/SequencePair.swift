/// The folders of a sequence's masks and of its ground truth.
struct SequencePair: Sendable {
  let name: String
  let truth: String
  let prediction: String

  /// A pair for each sequence to be scored, or what is missing.
  ///
  /// Two folders of one sequence each are a pair whatever their names. Throws ``EvaluationError``.
  static func all(
    predictions: MaskFolders, truth: MaskFolders, chosen: [String]?
  ) throws(EvaluationError) -> [Result<SequencePair, EvaluationProblems>] {
    if truth.isSingle != predictions.isSingle {
      let (single, several) = truth.isSingle ? (truth, predictions) : (predictions, truth)
      throw .notAlike(single: single.path, several: several.path)
    }
    if truth.isSingle {
      let (name, path) = truth.members[0]
      return (chosen ?? [name]).map { chosen in
        chosen == name
          ? .success(SequencePair(name: name, truth: path, prediction: predictions.members[0].path))
          : .failure(EvaluationProblems([.noTruth(sequence: chosen, path: path)]))
      }
    }
    let truths = Dictionary(uniqueKeysWithValues: truth.members)
    let predicted = Dictionary(uniqueKeysWithValues: predictions.members)
    return (chosen ?? truth.members.map(\.name)).map { name in
      guard let folder = truths[name] else {
        return .failure(EvaluationProblems([.noTruth(sequence: name, path: truth.path)]))
      }
      guard let prediction = predicted[name] else {
        return .failure(EvaluationProblems([.noPrediction(sequence: name, path: predictions.path)]))
      }
      return .success(SequencePair(name: name, truth: folder, prediction: prediction))
    }
  }

  /// Which of its masks are compared, or what keeps them from it.
  func plan(_ options: EvaluationOptions) -> Result<SequencePlan, EvaluationProblems> {
    do {
      return .success(
        try SequencePlan(name, truth: truth, prediction: prediction, options: options))
    } catch {
      return .failure(EvaluationProblems([EvaluationProblem(error, truth)]))
    }
  }
}
