public import Evaluation

/// The scores of predicted masks as JSON (`Schemas/evaluation-report.schema.json`).
public struct EvaluationReport: JSONReport {
  struct Statistics: Encodable {
    let mean: Double
    let recall: Double
    let decay: Double

    init(_ statistics: ScoreStatistics) {
      mean = statistics.mean
      recall = statistics.recall
      decay = statistics.decay
    }
  }

  struct Summary: Encodable {
    let overall: Double
    let region: Statistics
    let boundary: Statistics

    init(_ summary: ScoreSummary) {
      overall = summary.overall
      region = Statistics(summary.region)
      boundary = Statistics(summary.boundary)
    }
  }

  struct Frame: Encodable {
    let name: String
    let region: Double
    let boundary: Double
  }

  struct Object: Encodable {
    let id: Int
    let category: OrNull<String>
    let summary: OrNull<Summary>
    let frames: [Frame]

    init(_ object: Evaluation.Object) {
      id = Int(object.id)
      category = OrNull(object.category)
      summary = OrNull(object.summary.map(Summary.init))
      frames = object.frames.map { frame in
        Frame(name: frame.name, region: frame.score.region, boundary: frame.score.boundary)
      }
    }
  }

  struct Sequence: Encodable {
    let name: String
    let summary: OrNull<Summary>
    let objects: [Object]
  }

  struct Group: Encodable {
    let objects: Int
    let summary: OrNull<Summary>
  }

  struct Categories: Encodable {
    let overall: OrNull<Double>
    let seen: Group
    let unseen: Group

    init(_ categories: Evaluation.Categories) {
      overall = OrNull(categories.overall)
      seen = Group(
        objects: categories.seenCount, summary: OrNull(categories.seen.map(Summary.init)))
      unseen = Group(
        objects: categories.unseenCount, summary: OrNull(categories.unseen.map(Summary.init)))
    }
  }

  struct Times: Encodable {
    let reading: Double
    let scoring: Double
  }

  /// Which frames and objects count.
  let `protocol`: String
  let countsFirst: Bool
  let countsLast: Bool
  let ignoresVoid: Bool
  let summary: OrNull<Summary>
  let categories: OrNull<Categories>
  let sequences: [Sequence]
  let seconds: OrNull<Times>

  /// The report of `evaluation` and, where that was measured, of what it took.
  public init(_ evaluation: Evaluation, times: EvaluationTimes? = nil) {
    `protocol` = evaluation.rules.rawValue
    countsFirst = evaluation.countsFirst
    countsLast = evaluation.countsLast
    ignoresVoid = evaluation.ignoresVoid
    summary = OrNull(evaluation.summary.map(Summary.init))
    categories = OrNull(evaluation.categories.map(Categories.init))
    sequences = evaluation.sequences.map { sequence in
      Sequence(
        name: sequence.name, summary: OrNull(sequence.summary.map(Summary.init)),
        objects: sequence.objects.map(Object.init))
    }
    seconds = OrNull(times.map { Times(reading: $0.reading, scoring: $0.scoring) })
  }
}
