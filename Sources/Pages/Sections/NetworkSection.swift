import Quantization
import Verification

/// Where along the network error is born, and how it gathers.
struct NetworkSection {
  struct HeatClass {
    let index: Int
    let label: String
  }

  let lines: [Markup]
  let heat: [HeatMap]
  let classes: [HeatClass]
  let note: String

  /// A heat strip in its variants.
  struct HeatMap {
    let caption: String
    let strips: [Markup]
  }

  init(_ result: ClipVerification) {
    let layers = result.layers
    let plots = [
      ("wide", Plot(width: 1080, height: 330, count: layers.count, top: 34, bottom: 26)),
      (
        "narrow",
        Plot(width: 358, height: 300, count: layers.count, left: 34, right: 6, top: 34, bottom: 22)
      ),
    ]
    lines = plots.map { Self.chart(result, $1, variant: $0) }
    let rows = FrameRows(layers)
    let scale = HeatStrip.Scale(
      covering: rows.accumulated.flatMap(\.values).compactMap(\.self)
        + rows.isolated.flatMap(\.values).compactMap(\.self))
    heat = [
      ("isolated", "What each layer adds itself, frame by frame", rows.isolated),
      ("accumulated", "What has gathered by then, frame by frame", rows.accumulated),
    ].map { run, caption, rows in
      HeatMap(
        caption: caption,
        strips: plots.map { variant, plot in
          Self.strip(run, caption, rows, scale, plot, variant, layers)
        })
    }
    classes =
      scale.labels.enumerated().map { HeatClass(index: $0.offset, label: $0.element) }
      + [HeatClass(index: HeatStrip.Scale.count, label: "nothing left")]
    note =
      rows.isGrouped
      ? "Of \(result.frames.count + 1) frames each row shows the worst of several neighbours." : ""
  }

  private static func chart(
    _ result: ClipVerification, _ plot: Plot, variant: String
  ) -> Markup {
    let layers = result.layers
    let series = [
      LineChart.Series(name: "isolated", values: layers.map(\.isolated.total.sqnr)),
      LineChart.Series(name: "accumulated", values: layers.map(\.accumulated.total.sqnr)),
      LineChart.Series(name: "tolerance", values: layers.map(\.tolerance)),
      LineChart.Series(name: "contributed", values: layers.map(\.contributionSQNR)),
    ]
    var chart = LineChart(
      id: "network-\(variant)", title: "Error along the network",
      description: description(result), series: series,
      axis: Axis(covering: series.flatMap(\.values).compactMap(\.self)), plot: plot,
      variant: variant)
    chart.background = programs(layers, plot)
    chart.foreground =
      plot.groups(stages(layers)) + failures(layers, chart)
      + [.element("g", ["aria-hidden": "true"], layers.indices.map { hit(layers, $0, plot) })]
    return chart.markup
  }

  private static func description(_ result: ClipVerification) -> String {
    let worst = result.layers.min { $0.contributionSQNR < $1.contributionSQNR }
    return
      "Signal over error in decibels for each of \(result.layers.count) layers in the order in "
      + "which they run: over the error that the layer adds itself, over what has gathered by then, "
      + "and what the layer contributes over its own error, which the tolerance is of."
      + (worst.map { " Least contributed: \($0.name), \($0.contributionSQNR.decibels) dB." } ?? "")
      + (result.firstCause.map { " First cause: \($0.name)." } ?? "")
  }

  /// A band behind every other program, and their names.
  private static func programs(_ layers: [ClipVerification.Layer], _ plot: Plot) -> [Markup] {
    layers.runs(by: \.program).enumerated().flatMap { index, run -> [Markup] in
      let (start, end) = (plot.start(of: run.start), plot.start(of: run.end))
      let name = plot.label(run.label, x: start + 4, y: 13)
      guard index.isMultiple(of: 2) else { return [name] }
      let band = Path().box(
        x: start, y: 0, width: end - start, height: plot.height - plot.bottom)
      return [.element("path", ["class": "band", "d": band.text]), name]
    }
  }

  /// The parts of the network that follow one another: `res2` of `Encoder_Q.res2.0.conv1`.
  private static func stages(
    _ layers: [ClipVerification.Layer]
  ) -> [(start: Int, end: Int, label: String)] {
    layers.runs { layer in
      let parts = layer.name.split(separator: ".")
      return parts.count > 2 ? "\(parts[1])" : "\(parts[0])"
    }.map { run in
      (run.start, run.end, run.label.hasPrefix("Encoder_") ? "stem" : run.label)
    }
  }

  /// A ring at what each layer beyond its tolerance contributes, and a line with a name at the first.
  private static func failures(
    _ layers: [ClipVerification.Layer], _ chart: LineChart
  ) -> [Markup] {
    let plot = chart.plot
    let failed = layers.indices.filter { !layers[$0].passes }
    let rings = failed.map { index in
      Markup.element(
        "circle",
        [
          "class": "failed", "cx": plot.middle(of: index),
          "cy": chart.height(of: layers[index].contributionSQNR), "r": 5,
        ])
    }
    guard let first = failed.first else { return rings }
    let x = plot.middle(of: first)
    let isLeft = x < (plot.left + plot.end) / 2
    let label = plot.label(
      "first cause: \(layers[first].name)", x: x + (isLeft ? 5 : -5), y: 28,
      anchor: isLeft ? "start" : "end")
    return rings + [
      .element("path", ["class": "cause", "d": Path().move(x, 18).line(x, plot.floor).text]),
      .element("g", ["class": "cause-label"], [label]),
    ]
  }

  /// What leads from a column of the chart to the layer.
  private static func hit(
    _ layers: [ClipVerification.Layer], _ index: Int, _ plot: Plot
  ) -> Markup {
    let layer = layers[index]
    let text =
      "\(layer.name), \(layer.precision.rawValue)\nisolated "
      + "\(layer.isolated.total.sqnr.decibels) dB, accumulated "
      + "\(layer.accumulated.total.sqnr.decibels) dB\ncontributed "
      + "\(layer.contributionSQNR.decibels) dB, tolerance \(layer.tolerance.decibels) dB"
    return .element(
      "a", ["href": "#layer-\(index)", "tabindex": "-1"],
      [
        .element("title", [:], [Markup(text)]),
        .element(
          "rect",
          [
            "class": "hit", "x": plot.start(of: index), "y": plot.top, "width": plot.column,
            "height": plot.floor - plot.top,
          ]),
      ])
  }

  private static func strip(
    _ run: String, _ caption: String, _ rows: [(label: String, values: [Double?])],
    _ scale: HeatStrip.Scale, _ plot: Plot, _ variant: String, _ layers: [ClipVerification.Layer]
  ) -> Markup {
    let rowHeight = max(4, min(14, (200 / Double(max(rows.count, 1))).rounded(.down)))
    let height = 16 + Double(rows.count) * rowHeight + 22
    let plot = Plot(
      width: plot.width, height: height, count: plot.count, left: plot.left, right: plot.right,
      top: 16, bottom: 22)
    let names = layers.runs(by: \.program).map {
      plot.label($0.label, x: plot.start(of: $0.start) + 4, y: 11)
    }
    return HeatStrip(
      id: "heat-\(run)-\(variant)", title: caption,
      description:
        "Rows are frames, columns layers in the order in which they run; darker is worse "
        + "in light surroundings, lighter in dark ones.",
      rows: rows, scale: scale, plot: plot, rowHeight: rowHeight, variant: variant,
      foreground: names + plot.groups(stages(layers))
    ).markup
  }
}

/// The layers' signal over error, frame by frame.
private struct FrameRows {
  static let maximum = 40

  let isolated: [(label: String, values: [Double?])]
  let accumulated: [(label: String, values: [Double?])]
  let isGrouped: Bool

  init(_ layers: [ClipVerification.Layer]) {
    let frames = Set(layers.flatMap { $0.accumulated.frames.map(\.index) }).sorted()
    let groups = frames.grouped(into: Self.maximum).compactMap { group in
      group.first.flatMap { first in group.last.map { first...$0 } }
    }
    isGrouped = frames.count > Self.maximum
    func rows(_ metrics: (ClipVerification.Layer) -> LayerMetrics) -> [(String, [Double?])] {
      let values = layers.map { layer in
        Dictionary(
          metrics(layer).frames.map { ($0.index, $0.metrics.sqnr) }, uniquingKeysWith: min)
      }
      return groups.map { group in
        let label =
          group.count == 1 ? "\(group.lowerBound)" : "\(group.lowerBound)–\(group.upperBound)"
        return (label, values.map { found in group.compactMap { found[$0] }.min() })
      }
    }
    isolated = rows(\.isolated)
    accumulated = rows(\.accumulated)
  }
}

extension Array {
  /// Neighbours that `label` gives the same text, as ranges of indices.
  func runs(by label: (Element) -> String) -> [(start: Int, end: Int, label: String)] {
    var runs: [(start: Int, end: Int, label: String)] = []
    for (index, element) in enumerated() {
      let text = label(element)
      if let last = runs.last, last.label == text {
        runs[runs.count - 1].end = index + 1
      } else {
        runs.append((index, index + 1, text))
      }
    }
    return runs
  }
}
