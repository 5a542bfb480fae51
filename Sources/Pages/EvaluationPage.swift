public import Evaluation

/// The scores of predicted masks as one HTML page that needs nothing beside it: no network, no other
/// file, no script.
///
/// A table of every object, sequence and the set, then J and F frame by frame. Numbers are `data`
/// elements with their place in the JSON report, `data-json`, a JSON pointer. The page is XML as well,
/// and has neither clock nor path.
public struct EvaluationPage {
  /// The page.
  public let html: String

  /// The page of `evaluation`.
  public init(_ evaluation: Evaluation) { html = Templates.page(Content(evaluation)) }

  /// The values of the template.
  struct Content {
    let title: String
    let style = Templates.style
    let `protocol`: String
    let overall: Markup
    let summary: String
    let facts: [Fact]
    let rows: [Row]
    let note: String
    let sequences: [ScoreCurves]

    init(_ evaluation: Evaluation) {
      `protocol` = evaluation.rules.rawValue
      overall = Self.figure(evaluation.summary?.overall, "/summary/overall")
      let shown = evaluation.summary.map { Figure.share($0.overall, at: "").text } ?? "–"
      title = "J&F \(shown), \(`protocol`)"
      let objects = evaluation.sequences.map(\.objects.count).reduce(0, +)
      summary =
        "Means over \(objects.of("object")) of \(evaluation.sequences.count.of("sequence"))."
      facts = Self.facts(evaluation)
      rows = evaluation.sequences.enumerated().flatMap(Self.rows)
      sequences = evaluation.sequences.enumerated().map(ScoreCurves.init)
      let longest = evaluation.sequences.map(\.frameCount).max() ?? 0
      note =
        "Of several objects the mean."
        + (longest > LineChart.maximumColumns
          ? " Each point of a long sequence is the worst of several frames." : "")
    }

    private static func facts(_ evaluation: Evaluation) -> [Fact] {
      var facts: [Fact] = []
      if let summary = evaluation.summary {
        facts += [
          Fact("Region similarity J, mean", summary.region, "/summary/region"),
          Fact("Contour accuracy F, mean", summary.boundary, "/summary/boundary"),
        ]
      }
      guard let categories = evaluation.categories else { return facts }
      for (name, summary) in [("seen", categories.seen), ("unseen", categories.unseen)] {
        guard let summary else { continue }
        let pointer = "/categories/\(name)/summary"
        facts += [
          Fact("J of \(name) categories, mean", summary.region, "\(pointer)/region"),
          Fact("F of \(name) categories, mean", summary.boundary, "\(pointer)/boundary"),
        ]
      }
      let overall = figure(categories.overall, "/categories/overall")
      return facts + [Fact(term: "G, the mean of the four", figure: overall)]
    }

    private static func rows(_ index: Int, _ sequence: Evaluation.Sequence) -> [Row] {
      let pointer = "/sequences/\(index)"
      func row(_ object: String, _ frames: Int, _ summary: ScoreSummary?, _ pointer: String) -> Row
      {
        Row(
          sequence: sequence.name, link: ScoreCurves.id(index), object: object, frames: frames,
          figures: figures(summary, "\(pointer)/summary"))
      }
      var rows = sequence.objects.enumerated().map { number, object in
        let category = object.category.map { " \($0)" } ?? ""
        return row(
          "\(object.id)\(category)", object.frames.count, object.summary,
          "\(pointer)/objects/\(number)")
      }
      if rows.count > 1 { rows.append(row("mean", sequence.frameCount, sequence.summary, pointer)) }
      return rows
    }

    private static func figures(_ summary: ScoreSummary?, _ pointer: String) -> [Markup] {
      func statistics(_ statistics: ScoreStatistics?, _ pointer: String) -> [Markup] {
        [
          figure(statistics?.mean, "\(pointer)/mean"),
          figure(statistics?.recall, "\(pointer)/recall"),
          figure(statistics?.decay, "\(pointer)/decay"),
        ]
      }
      return [figure(summary?.overall, "\(pointer)/overall")]
        + statistics(summary?.region, "\(pointer)/region")
        + statistics(summary?.boundary, "\(pointer)/boundary")
    }

    fileprivate static func figure(_ value: Double?, _ pointer: String) -> Markup {
      value.map { Figure.share($0, at: pointer).markup } ?? Markup("–")
    }
  }

  /// A number at the top.
  struct Fact {
    let term: String
    let figure: Markup
    var recall: Markup?
    var decay: Markup?
  }

  /// A row of the table.
  struct Row {
    let sequence: String
    let link: String
    let object: String
    let frames: Int
    let figures: [Markup]
  }
}

extension EvaluationPage.Fact {
  fileprivate init(_ term: String, _ statistics: ScoreStatistics, _ pointer: String) {
    self.init(
      term: term, figure: EvaluationPage.Content.figure(statistics.mean, "\(pointer)/mean"),
      recall: EvaluationPage.Content.figure(statistics.recall, "\(pointer)/recall"),
      decay: EvaluationPage.Content.figure(statistics.decay, "\(pointer)/decay"))
  }
}
