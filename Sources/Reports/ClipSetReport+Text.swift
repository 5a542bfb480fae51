extension ClipSetReport {
  /// The report for a terminal: gates, the `count` layers that keep least above their error in any
  /// clip, the `count` clips with the worst masks, what could not be read, the verdict.
  public func text(worst count: Int) -> String {
    let head =
      "\(layers.count) layers compared over \(clips.count) clips, \(arithmetic) arithmetic"
      + (topK.value.map { ", top-\($0) memory read" } ?? "")
    var parts = [head, ClipReport.table(of: gates)]
    if count > 0, !clips.isEmpty {
      parts += [
        "layers by what they add themselves, worst \(min(count, layers.count)) first, each in its "
          + "worst clip:",
        layerTable(count),
        "clips by mean IoU, free-running, worst \(min(count, clips.count)) first:",
        clipTable(count),
      ]
    }
    if !unreadable.isEmpty {
      parts.append(
        (["not compared: \(unreadable.count)"]
          + unreadable.map { "  \($0.name): \($0.problem)" }).joined(separator: "\n"))
    }
    parts += [maskTable, summary]
    return parts.joined(separator: "\n\n")
  }

  private func layerTable(_ count: Int) -> String {
    let worst = layers.enumerated().sorted { left, right in
      (left.element.verdict == .pass ? 1 : 0, left.element.contributionSqnr.value, left.offset)
        < (
          right.element.verdict == .pass ? 1 : 0, right.element.contributionSqnr.value, right.offset
        )
    }
    func cells(_ extreme: Extreme) -> [String] { [Numbers.decibels(extreme.value), extreme.clip] }
    return Table(
      titles: ["layer", "precision", "verdict", "contributed dB", "in", "accumulated dB", "in"],
      textColumns: 3,
      rows: worst.prefix(count).map { _, layer in
        [layer.name, layer.precision, layer.verdict.rawValue] + cells(layer.contributionSqnr)
          + cells(layer.sqnr)
      }
    ).trimmed
  }

  private func clipTable(_ count: Int) -> String {
    Table(
      titles: [
        "clip", "verdict", "frames", "objects", "forced IoU", "free IoU", "worst IoU", "J", "F",
        "logits dB",
      ],
      textColumns: 2,
      rows: clips.prefix(count).map { clip in
        let masks = [clip.iou.teacherForced, clip.iou.freeRunning, clip.iou.minimum]
        return [
          clip.clip.name, clip.verdict.rawValue, "\(clip.clip.frames)", "\(clip.clip.objects)",
        ] + masks.map(Numbers.ratio)
          + [
            clip.truth.map { Numbers.ratio($0.freeRunning.region) } ?? "-",
            clip.truth.map { Numbers.ratio($0.freeRunning.boundary) } ?? "-",
            Numbers.decibels(clip.logitsSqnr),
          ]
      }
    ).trimmed
  }

  private var maskTable: String {
    Table.masks(
      [
        ("mean IoU with the reference", iou.teacherForced.value, iou.freeRunning.value),
        ("mean boundary F", boundary.teacherForced.value, boundary.freeRunning.value),
      ], truth: truth
    ).trimmed
  }

  /// What makes the set fail, each kind with the first of it.
  private var causes: [String] {
    func some(_ names: [String]) -> String {
      names.prefix(3).joined(separator: ", ")
        + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }
    var causes: [String] = []
    if !unreadable.isEmpty {
      causes.append("\(some(unreadable.map(\.name))) could not be compared")
    }
    if let clip = clips.first(where: { $0.firstCause.value != nil }) {
      causes.append("first cause \(clip.firstCause.value ?? "") in \(clip.clip.name)")
    }
    let layers = layers.filter { $0.verdict == .fail }.map(\.name)
    if !layers.isEmpty { causes.append("layers beyond their tolerance: \(some(layers))") }
    let unmatched = clips.filter { $0.unmatched > 0 }.map(\.clip.name)
    if !unmatched.isEmpty {
      causes.append("layers without a counterpart in \(some(unmatched))")
    }
    let gates = gates.filter { $0.verdict == .fail }.map(\.gate)
    if !gates.isEmpty { causes.append("gates that do not hold: \(some(gates))") }
    return causes
  }

  private var summary: String {
    let worst = iou.minimum.value.flatMap { value in
      iou.clip.value.map { "worst mask: IoU \(Numbers.ratio(value)) in \($0)\n" }
    }
    let failed = clips.count { $0.verdict == .fail }
    return (worst ?? "")
      + "clips: \(clips.count - failed) pass by themselves, \(failed) fail, "
      + "\(unreadable.count) not compared\n"
      + "verdict: \(verdict.rawValue)" + causes.map { "; \($0)" }.joined() + "\n"
  }
}
