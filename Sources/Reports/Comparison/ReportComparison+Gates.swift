import Verification

extension ReportComparison {
  /// The gates that changed. Two are one gate where they ask the same of the same; what they ask for
  /// may have changed.
  static func gates(_ old: SavedReport, _ new: SavedReport) -> [GateChange] {
    let before = strictest(old)
    let after = strictest(new)
    let gone = before.filter { gate in !after.contains { $0.gate.asksSame(as: gate.gate) } }
    return after.compactMap { gate, verdict in
      change(before.first { $0.gate.asksSame(as: gate) }, (gate, verdict))
    } + gone.compactMap { change($0, nil) }
  }

  private typealias Judged = (gate: Gate, verdict: Verdict)

  /// The gates of `report`; of several that differ in their numbers alone the strictest.
  private static func strictest(_ report: SavedReport) -> [Judged] {
    report.gates.reduce(into: []) { kept, next in
      guard let index = kept.firstIndex(where: { $0.gate.asksSame(as: next.gate) }) else {
        kept.append(next)
        return
      }
      if kept[index].gate.isLooser(than: next.gate) { kept[index] = next }
    }
  }

  private static func change(_ old: Judged?, _ new: Judged?) -> GateChange? {
    guard let gate = new ?? old, old?.verdict != new?.verdict || old?.gate != new?.gate else {
      return nil
    }
    let isLooser = old.flatMap { old in new.map { $0.gate.isLooser(than: old.gate) } } ?? false
    let isWorse = isLooser || old?.verdict == .pass && new?.verdict != .pass
    let isBetter = new?.verdict == .pass || old?.verdict == .fail && new?.verdict == .fail
    return GateChange(
      gate: "\(gate.gate)",
      before: OrNull(old.flatMap { $0.gate == gate.gate ? nil : "\($0.gate)" }),
      old: OrNull(old?.verdict), new: OrNull(new?.verdict),
      change: OrNull(isWorse ? .worse : isBetter ? .better : nil))
  }
}

extension Gate {
  /// Whether both compare the same with a number in the same way.
  fileprivate func asksSame(as other: Gate) -> Bool {
    subject == other.subject && comparison == other.comparison
  }

  /// Whether more passes than with `other`, which asks the same.
  fileprivate func isLooser(than other: Gate) -> Bool {
    comparison.wantsMore ? limit < other.limit : limit > other.limit
  }
}
