extension ClipReport {
  /// The report for a terminal: the `count` layers with the smallest SQNR, every frame, the
  /// verdict.
  public func text(worst count: Int) -> String {
    """
    \(layers.count) layers compared over \(frames.count) frames, \(arithmetic) arithmetic\
    \(topK.value.map { ", top-\($0) memory read" } ?? ""); worst \
    \(min(count, layers.count)) first:

    \(layerTable(count))
    masks, IoU with the reference's:

    \(frameTable)
    \(summary)
    """
  }

  private func layerTable(_ count: Int) -> String {
    let worst = layers.enumerated().sorted {
      ($0.element.sqnr, $0.offset) < ($1.element.sqnr, $1.offset)
    }
    return Table(
      titles: [
        "layer", "precision", "verdict", "max error", "mean error", "SQNR dB", "gate", "cosine",
      ],
      textColumns: 3,
      rows: worst.prefix(count).map { _, layer in
        [
          layer.name, layer.precision, layer.verdict.rawValue,
          Numbers.scientific(layer.maximumError), Numbers.scientific(layer.meanError),
          Numbers.decibels(layer.sqnr), Numbers.decibels(layer.tolerance),
          Numbers.cosine(layer.cosine),
        ]
      }
    ).text
  }

  private var frameTable: String {
    let hasTruth = truth != nil
    func ratio(_ value: Double?) -> String { value.map(Numbers.ratio) ?? "-" }
    return Table(
      titles: ["frame", "object", "memory", "teacher-forced", "free-running"]
        + (hasTruth ? ["J reference", "J candidate"] : []),
      textColumns: 2,
      rows: frames.flatMap { frame in
        frame.objects.map { object in
          [
            frame.name, "\(object.id)", "\(frame.memoryFrames)",
            Numbers.ratio(object.teacherForced), Numbers.ratio(object.freeRunning),
          ] + (hasTruth ? [ratio(object.referenceTruth), ratio(object.candidateTruth)] : [])
        }
      }
    ).text
  }

  /// What failed first: a layer, or the IoU where every layer holds.
  private var cause: String? {
    firstCause.value ?? (verdict == .fail ? "a mean IoU below its gate" : nil)
  }

  private var summary: String {
    var lines = [
      "mean IoU teacher-forced \(Numbers.ratio(iou.teacherForced)), "
        + "free-running \(Numbers.ratio(iou.freeRunning)), "
        + "smallest \(Numbers.ratio(iou.minimum)) (gate \(Numbers.ratio(iou.gate)))",
      "logits SQNR \(Numbers.decibels(logits.sqnr)) dB, "
        + "largest error \(Numbers.scientific(logits.maximumError))",
    ]
    if let truth {
      lines.append(
        "mean J with the ground truth: reference \(Numbers.ratio(truth.reference)), "
          + "candidate \(Numbers.ratio(truth.candidate))")
    }
    lines.append("verdict: \(verdict.rawValue)" + (cause.map { ", first cause \($0)" } ?? ""))
    return lines.joined(separator: "\n") + "\n"
  }
}
