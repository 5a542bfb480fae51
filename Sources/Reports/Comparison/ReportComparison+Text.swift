extension ReportComparison {
  /// The report for a terminal: gates and layers that changed, then the `count` numbers that lost and
  /// that gained the most, the verdict.
  public func text(worst count: Int) -> String {
    var parts = [head]
    if !differences.isEmpty {
      parts.append(
        list(
          "compared although they differ",
          differences.map { "\($0.noun): \($0.old), now \($0.new)" }))
    }
    if !gates.isEmpty {
      parts.append(
        list(
          "gates that changed",
          gates.map { gate in
            func text(_ verdict: OrNull<Verdict>) -> String {
              verdict.value?.rawValue ?? "not there"
            }
            let before = gate.before.value.map { " (it was \($0))" } ?? ""
            return "\(gate.gate)\(before): \(text(gate.old)), now \(text(gate.new))"
          }))
    }
    for (title, names) in [
      ("layers that disappeared", layers.disappeared), ("layers that appeared", layers.appeared),
      ("layers now beyond their tolerance", layers.newlyFailing),
      ("layers now within their tolerance", layers.newlyPassing),
      ("clips that disappeared", clips.disappeared), ("clips that appeared", clips.appeared),
    ] where !names.isEmpty {
      parts.append(list(title, names))
    }
    if !missing.isEmpty {
      parts.append(
        list("numbers that are not there any more", missing.map { "\($0.metric) of \($0.place)" }))
    }
    for (title, change) in [("worse", Direction.worse), ("better", .better)] {
      if let table = table(of: change, count) { parts.append("\(title), most first:\n\n\(table)") }
    }
    return (parts + [summary]).joined(separator: "\n\n")
  }

  private var head: String {
    let weights = sameCandidate ? "the same candidate" : "another candidate"
    let allowed = RatchetMetric.allCases.map { metric in
      "\(metric.rawValue) \(tolerances[metric.rawValue] ?? 0)"
    }
    return "\(compared) numbers compared, \(weights); may be less by: "
      + allowed.joined(separator: ", ")
  }

  private func list(_ title: String, _ items: [String]) -> String {
    (["\(title): \(items.count)"] + items.prefix(10).map { "  \($0)" }
      + (items.count > 10 ? ["  and \(items.count - 10) more"] : [])).joined(separator: "\n")
  }

  private func table(of change: Direction, _ count: Int) -> String? {
    /// A ratio loses a thousandth where a level loses half a dB.
    func size(_ measure: Measure) -> Double {
      let scale = RatchetMetric(rawValue: measure.metric)?.standardTolerance ?? 1
      return abs(measure.new - measure.old) / scale
    }
    let rows = metrics.filter { $0.change == change }.enumerated().sorted { left, right in
      (size(right.element), left.offset) < (size(left.element), right.offset)
    }.prefix(count)
    guard !rows.isEmpty else { return nil }
    return Table(
      titles: ["metric", "of", "old", "new"], textColumns: 2,
      rows: rows.map { _, measure in
        let metric = RatchetMetric(rawValue: measure.metric) ?? .sqnr
        return [
          measure.metric, measure.place, metric.text(measure.old), metric.text(measure.new),
        ]
      }
    ).trimmed
  }

  private var summary: String {
    let worse = metrics.count { $0.change == .worse }
    let better = metrics.count { $0.change == .better }
    return
      "numbers: \(worse) worse, \(better) better, \(missing.count) gone; the comparison was \(old.rawValue), "
      + "is \(new.rawValue)\nverdict: \(verdict.rawValue)\n"
  }
}
