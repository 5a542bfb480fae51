public import Evaluation

/// The scores of predicted masks as tables.
public enum EvaluationTables {
  /// A row for each object and, where there are several, for each sequence, then for the set.
  public static func text(_ evaluation: Evaluation, times: EvaluationTimes? = nil) -> String {
    var rows: [[String]] = []
    func add(_ name: String, _ object: String, _ frames: Int?, _ summary: ScoreSummary?) {
      rows.append(
        [name, object, frames.map { "\($0)" } ?? ""]
          + ([summary?.overall] + values(summary)).map { $0.map(Numbers.ratio) ?? "-" })
    }
    for sequence in evaluation.sequences {
      for object in sequence.objects {
        let category = object.category.map { " \($0)" } ?? ""
        add(sequence.name, "\(object.id)\(category)", object.frames.count, object.summary)
      }
      if sequence.objects.count > 1 {
        add(sequence.name, "mean", sequence.frameCount, sequence.summary)
      }
    }
    let objects = evaluation.sequences.map(\.objects.count).reduce(0, +)
    if let categories = evaluation.categories {
      add("seen", counted(categories.seenCount, "object"), nil, categories.seen)
      add("unseen", counted(categories.unseenCount, "object"), nil, categories.unseen)
    }
    add(
      counted(evaluation.sequences.count, "sequence"), counted(objects, "object"), nil,
      evaluation.summary)
    let table = Table(
      titles: [
        "sequence", "object", "frames", "J&F", "J mean", "J recall", "J decay", "F mean",
        "F recall", "F decay",
      ], textColumns: 2, rows: rows)
    let overall = evaluation.categories.map { categories in
      "G of seen and unseen categories: \(categories.overall.map(Numbers.ratio) ?? "-")\n"
    }
    let taken = times.map { times in
      "reading \(Numbers.significant(times.reading)) s, "
        + "comparing \(Numbers.significant(times.scoring)) s\n"
    }
    return table.text + "protocol: \(evaluation.rules.rawValue)\n" + (overall ?? "") + (taken ?? "")
  }

  /// The same and every frame: a row each, told apart by `scope`.
  public static func csv(_ evaluation: Evaluation) -> String {
    var table = CSV([
      "scope", "sequence", "object", "category", "frame", "frames", "jf", "j", "j_recall",
      "j_decay", "f", "f_recall", "f_decay",
    ])
    func add(_ place: [String], _ frames: Int?, _ summary: ScoreSummary?) {
      let cells = ([summary?.overall] + values(summary)).map { $0?.exact ?? "" }
      table.add(place + [frames.map { "\($0)" } ?? ""] + cells)
    }
    for sequence in evaluation.sequences {
      for object in sequence.objects {
        let place = [sequence.name, "\(object.id)", object.category ?? ""]
        for frame in object.frames {
          let score = frame.score
          table.add(
            ["frame"] + place + [
              frame.name, "1", ((score.region + score.boundary) / 2).exact, score.region.exact, "",
              "", score.boundary.exact, "", "",
            ])
        }
        add(["object"] + place + [""], object.frames.count, object.summary)
      }
      add(["sequence", sequence.name, "", "", ""], sequence.frameCount, sequence.summary)
    }
    if let categories = evaluation.categories {
      add(["seen", "", "", "", ""], nil, categories.seen)
      add(["unseen", "", "", "", ""], nil, categories.unseen)
    }
    add(["set", "", "", "", ""], nil, evaluation.summary)
    return table.text
  }

  private static func values(_ summary: ScoreSummary?) -> [Double?] {
    [summary?.region, summary?.boundary].flatMap { [$0?.mean, $0?.recall, $0?.decay] }
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
