import Verification

extension ClipReport {
  /// The report for a terminal, which fits a screen: gates, the `count` layers that come closest to
  /// their tolerance or exceed it the most, what became of the masks, the worst of them, the verdict.
  public func text(worst count: Int) -> String {
    let head =
      "\(layers.count) layers compared over \(frames.count) frames, \(arithmetic) arithmetic"
      + (topK.value.map { ", top-\($0) memory read" } ?? "")
    var parts = [head, Self.table(of: gates)]
    if count > 0 {
      parts.append("layers by what they add themselves, worst \(min(count, layers.count)) first:")
      parts.append(layerTable(count))
    }
    if !unmatched.isEmpty { parts.append(unmatchedList) }
    parts += [maskTable] + (timing.map { [$0.text] } ?? []) + [summary]
    return parts.joined(separator: "\n\n")
  }

  /// The gates with what was found.
  static func table(of gates: [Gate]) -> String {
    Table(
      titles: ["gate", "verdict", "where", "found", "would pass"], textColumns: 3,
      rows: gates.map { gate in
        [
          gate.gate, gate.verdict.rawValue, gate.place.value ?? "-",
          gate.found.value.map(Numbers.significant) ?? "none",
          gate.verdict == .pass ? "-" : gate.passing.value ?? "none",
        ]
      }
    ).trimmed
  }

  private func layerTable(_ count: Int) -> String {
    let worst = layers.enumerated().sorted { left, right in
      (left.element.margin, left.offset) < (right.element.margin, right.offset)
    }
    return Table(
      titles: [
        "layer", "precision", "verdict", "isolated dB", "contributed dB", "channel", "tolerance",
        "would pass", "accumulated dB",
      ],
      textColumns: 3,
      rows: worst.prefix(count).map { _, layer in
        let channel = layer.outlyingChannel.value
        return [
          layer.name, layer.precision, layer.verdict.rawValue,
          Numbers.decibels(layer.isolatedSqnr), Numbers.decibels(layer.contributionSqnr),
          channel.map { "#\($0.index) \(Numbers.decibels($0.sqnr))" } ?? "-",
          Numbers.decibels(layer.tolerance),
          Numbers.passingDecibels(layer.passingTolerance),
          Numbers.decibels(layer.sqnr),
        ]
      }
    ).trimmed
  }

  private var unmatchedList: String {
    let shown = unmatched.prefix(10).map { "  \($0.program) \($0.name), the \($0.side)'s alone" }
    let rest = unmatched.count - shown.count
    return
      (["without a counterpart: \(unmatched.count)"] + shown
      + (rest > 0 ? ["  and \(rest) more"] : [])).joined(separator: "\n")
  }

  private var maskTable: String {
    func changed(_ run: (ClipFrameReport.Change) -> Double) -> Double {
      frames.map { run($0.changed) }.reduce(0, +) / Double(max(frames.count, 1))
    }
    return Table.masks(
      [
        ("mean IoU with the reference", iou.teacherForced, iou.freeRunning),
        ("mean boundary F", boundary.teacherForced, boundary.freeRunning),
        ("pixels changed", changed(\.teacherForced), changed(\.freeRunning)),
      ], truth: truth
    ).trimmed
  }

  /// What failed first: a layer, or else a gate.
  private var cause: String? {
    if let layer = firstCause.value { return "first cause \(layer)" }
    if !unmatched.isEmpty { return "layers without a counterpart" }
    return gates.first { $0.verdict == .fail }.map { "gate \($0.gate)" }
  }

  private var summary: String {
    let masks = frames.flatMap { frame in frame.objects.map { (frame, $0) } }
    var lines: [String] = []
    if let (frame, object) = masks.min(by: { $0.1.freeRunning.iou < $1.1.freeRunning.iou }) {
      lines.append(
        "worst mask: frame \(frame.name), object \(object.id), IoU free-running "
          + "\(Numbers.ratio(object.freeRunning.iou)), teacher-forced "
          + "\(Numbers.ratio(object.teacherForced.iou)), \(frame.memoryFrames) frames in memory")
    }
    lines.append(
      "logits SQNR \(Numbers.decibels(logits.sqnr)) dB, "
        + "largest error \(Numbers.scientific(logits.maximumError))")
    if firstCause.value != nil {
      lines.append(
        "the first cause as a case that runs alone: stm-verify repro REFERENCE CANDIDATE --clip CLIP "
          + "-o DIR")
    }
    lines.append("verdict: \(verdict.rawValue)" + (cause.map { ", \($0)" } ?? ""))
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Table {
  /// The table without the end of its last line.
  var trimmed: String {
    var text = text
    while text.last == "\n" { text.removeLast() }
    return text
  }
}

extension ClipReport.Layer {
  /// How close the layer comes to its tolerance.
  fileprivate var margin: ClipVerification.Margin {
    ClipVerification.Margin(
      contribution: contributionSqnr, passing: passingTolerance, tolerance: tolerance)
  }
}
