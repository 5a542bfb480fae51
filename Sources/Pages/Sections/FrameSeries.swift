import Verification

/// The charts over the frames of a clip.
struct FrameSeries {
  private let frames: [ArraySlice<ClipVerification.Frame>]
  private let hasTruth: Bool

  init(_ result: ClipVerification) {
    frames = result.frames.grouped(into: LineChart.maximumColumns)
    hasTruth = result.truth != nil
  }

  /// IoU and drift, and where there is ground truth J and F.
  var charts: [LayerSection.Chart] {
    let agreement = [
      chart(
        "iou", "IoU with the reference's masks, by frame",
        [
          values { $0.mean { $0.teacherForced.agreement.region } },
          values { $0.mean { $0.freeRunning.agreement.region } },
        ]),
      chart(
        "drift", "Drift: pixels that changed, by frame",
        [
          values(largest: true, of: \.teacherForcedChange),
          values(largest: true, of: \.freeRunningChange),
        ], isPercent: true),
    ]
    guard hasTruth else { return agreement }
    return agreement + [
      chart("region", "J with the ground truth, by frame", truth(\.region)),
      chart("contour", "F with the ground truth, by frame", truth(\.boundary)),
    ]
  }

  private func truth(
    _ part: KeyPath<ClipVerification.Agreement, Double>
  ) -> [[Double?]] {
    [
      values { $0.mean { $0.truth?.teacherForced[keyPath: part] } },
      values { $0.mean { $0.truth?.freeRunning[keyPath: part] } },
      values { $0.mean { $0.truth?.reference[keyPath: part] } },
    ]
  }

  /// For each column the worst of its frames.
  private func values(
    largest: Bool = false, of value: (ClipVerification.Frame) -> Double?
  ) -> [Double?] {
    frames.map { group in
      let found = group.compactMap(value)
      return largest ? found.max() : found.min()
    }
  }

  private func chart(
    _ id: String, _ title: String, _ values: [[Double?]], isPercent: Bool = false
  ) -> LayerSection.Chart {
    let names = ["teacher-forced", "free-running", "reference"]
    let plot = Plot(width: 520, height: 230, count: frames.count, left: 62, bottom: 30)
    let numbers = values.flatMap(\.self).compactMap(\.self)
    let scaled = isPercent ? numbers.map { $0 * 100 } : numbers
    let ends = zip(names, values).map { name, values in
      let last = values.compactMap(\.self).last
      return
        "\(name) ends at \(last.map { isPercent ? $0.percent : Figure.share($0, at: "").text } ?? "nothing")"
    }
    var chart = LineChart(
      id: "chart-\(id)", title: title, description: ends.joined(separator: "; ") + ".",
      series: zip(names, values).map { name, values in
        LineChart.Series(
          name: name, values: isPercent ? values.map { $0.map { $0 * 100 } } : values)
      },
      axis: Axis(
        covering: isPercent ? scaled + [0] : scaled, ticks: 4, within: 0...(isPercent ? 100 : 1)),
      plot: plot)
    if isPercent { chart.label = { "\($0.label($1)) %" } }
    chart.foreground = labels(plot)
    return LayerSection.Chart(caption: title, drawing: chart.markup)
  }

  /// The numbers of frames below, about six of them.
  private func labels(_ plot: Plot) -> [Markup] {
    let stride = max(1, (frames.count + 5) / 6)
    return frames.indices.filter { $0.isMultiple(of: stride) }.compactMap { index in
      frames[index].first.map {
        plot.label(
          "\($0.index)", x: plot.middle(of: index),
          y: plot.floor + 18, anchor: "middle")
      }
    }
  }
}

extension ClipVerification.Frame {
  /// The mean of `value` over the objects that have one.
  fileprivate func mean(_ value: (ClipVerification.Object) -> Double?) -> Double? {
    let values = objects.compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
