import Quantization
import Reports
import Verification

/// The layers of one program.
struct LayerSection {
  /// One layer.
  struct Layer {
    let id: String
    let name: String
    let verdict: String
    let precision: String
    let isolated: Markup
    let accumulated: Markup
    let contributed: Markup
    let outlier: Markup
    let tolerance: Markup
    let passing: Markup
    let failure: String?
    let covers: String?
    let channel: Markup
    let position: String
    let measures: [Measure]
    let charts: [Chart]
  }

  /// A drawing with what it shows.
  struct Chart {
    let caption: String
    let drawing: Markup
  }

  /// A metric in both runs.
  struct Measure {
    let title: String
    let isolated: Markup
    let accumulated: Markup
  }

  let program: String
  let layers: [Layer]

  /// All of `result`.
  static func programs(_ result: ClipVerification) -> [LayerSection] {
    result.layers.runs(by: \.program).map { run in
      LayerSection(
        program: run.label,
        layers: (run.start..<run.end).map { layer(result.layers[$0], $0) })
    }
  }

  static func layer(_ layer: ClipVerification.Layer, _ index: Int) -> Layer {
    let pointer = "/layers/\(index)"
    return Layer(
      id: "layer-\(index)", name: layer.name, verdict: Verdict(layer.passes).rawValue,
      precision: layer.precision.rawValue,
      isolated: Figure.decibels(layer.isolated.total.sqnr, at: "\(pointer)/isolatedSqnr").markup,
      accumulated: Figure.decibels(layer.accumulated.total.sqnr, at: "\(pointer)/sqnr").markup,
      contributed: contributed(layer, pointer).markup,
      outlier: outlier(layer, pointer),
      tolerance: Figure.decibels(layer.tolerance, at: "\(pointer)/tolerance").markup,
      passing: Figure.passing(layer.passingTolerance, at: "\(pointer)/passingTolerance").markup,
      failure: layer.passes ? nil : failure(layer),
      covers: layer.covers.count > 1 ? layer.covers.joined(separator: ", ") : nil,
      channel: channel(layer, pointer),
      position: position(layer),
      measures: measures(layer, pointer),
      charts: [histogram(layer, index), frames(layer, index)].compactMap(\.self))
  }

  /// What the layer contributes over its error, which the tolerance is of.
  private static func contributed(
    _ layer: ClipVerification.Layer, _ pointer: String
  ) -> Figure {
    .decibels(layer.contributionSQNR, at: "\(pointer)/contributionSqnr")
  }

  /// The channel that stands out, which may fail a layer that is within its tolerance as a whole.
  private static func outlier(_ layer: ClipVerification.Layer, _ pointer: String) -> Markup {
    guard let channel = layer.outlyingChannel else { return Markup("–") }
    let place = "\(pointer)/outlyingChannel"
    return .element(
      "span", [:],
      [
        Markup("#"), Figure(channel.index, at: "\(place)/index").markup, Markup(" at "),
        Figure.decibels(channel.sqnr, at: "\(place)/sqnr").markup,
      ])
  }

  private static func failure(_ layer: ClipVerification.Layer) -> String {
    let isWhole = layer.contributionSQNR < layer.tolerance && !layer.isRounding
    return isWhole
      ? "Beyond its tolerance" : "Within its tolerance but for one channel that stands out"
  }

  private static func channel(_ layer: ClipVerification.Layer, _ pointer: String) -> Markup {
    guard let worst = layer.isolated.worstChannel else { return Markup("no channel differs") }
    let place = "\(pointer)/isolated/worstChannel"
    return .element(
      "span", [:],
      [
        Markup("#"), Figure(worst, at: "\(place)/index").markup, Markup(" at "),
        Figure.decibels(layer.isolated.channelSQNR(worst), at: "\(place)/sqnr").markup,
        Markup(" dB"),
      ]
        + (layer.outlyingChannel.map { channel in
          [
            Markup("; #"), Figure(channel.index, at: "\(pointer)/outlyingChannel/index").markup,
            Markup(" stands out, at "),
            Figure.decibels(channel.sqnr, at: "\(pointer)/outlyingChannel/sqnr").markup,
            Markup(" dB of what the layer adds"),
          ]
        } ?? []))
  }

  private static func position(_ layer: ClipVerification.Layer) -> String {
    layer.isolated.worstPosition.map {
      "[\($0.object), \($0.channel), \($0.row), \($0.column)] of [N, C, H, W] in frame \($0.frame)"
    } ?? "no element differs"
  }

  private static func measures(
    _ layer: ClipVerification.Layer, _ pointer: String
  ) -> [Measure] {
    func row(_ title: String, _ figure: (LayerMetrics, String) -> Figure) -> Measure {
      Measure(
        title: title, isolated: figure(layer.isolated, "\(pointer)/isolated").markup,
        accumulated: figure(layer.accumulated, "\(pointer)/accumulated").markup)
    }
    return [
      Measure(
        title: "Contributed over error, dB", isolated: contributed(layer, pointer).markup,
        accumulated: Markup("–")),
      row("SQNR, dB") { .decibels($0.total.sqnr, at: "\($1)/sqnr") },
      row("PSNR, dB") { .decibels($0.total.psnr, at: "\($1)/psnr") },
      row("Largest error") { .magnitude($0.total.maximumError, at: "\($1)/maximumError") },
      row("Mean error") { .magnitude($0.total.meanError, at: "\($1)/meanError") },
      row("RMSE") { .magnitude($0.total.rootMeanSquareError, at: "\($1)/rootMeanSquareError") },
      row("Largest over the tensor's largest") {
        .magnitude($0.total.relativeMaximumError, at: "\($1)/relativeError")
      },
      row("Largest relative error") {
        .magnitude($0.distribution.maximumRelativeError, at: "\($1)/maximumRelativeError")
      },
      row("Mean relative error") {
        .magnitude($0.distribution.meanRelativeError, at: "\($1)/meanRelativeError")
      },
      row("Cosine") {
        Figure($0.total.cosine, at: "\($1)/cosine", Numbers.cosine($0.total.cosine))
      },
      row("Outliers") { .percent($0.distribution.outlierShare, at: "\($1)/outlierShare") },
      row("Saturated") { .percent($0.distribution.saturatedShare, at: "\($1)/saturatedShare") },
      row("Not finite") { Figure($0.total.nonFiniteCount, at: "\($1)/nonFiniteCount") },
    ]
  }

  private static func histogram(_ layer: ClipVerification.Layer, _ index: Int) -> Chart? {
    let counts = [layer.isolated, layer.accumulated].map { Array($0.distribution.ulps.occupied) }
    let bins = counts.map(\.count).max() ?? 0
    guard bins > 0 else { return nil }
    let pointer = "/layers/\(index)"
    let title = "Distance in units in the last place, share of the elements"
    let histogram = Histogram(
      id: "ulps-\(index)", title: title,
      bins: (0..<bins).map { bin in
        let bound = ULPHistogram.upperBound(of: bin)
        return bin < 3 ? "\(bound)" : bound < 1024 ? "≤\(bound)" : "≤2^\(bin - 1)"
      },
      series: [
        .init(name: "isolated", counts: counts[0], pointer: "\(pointer)/isolated/ulps"),
        .init(name: "accumulated", counts: counts[1], pointer: "\(pointer)/accumulated/ulps"),
      ])
    return Chart(caption: title, drawing: histogram.markup)
  }

  private static func frames(_ layer: ClipVerification.Layer, _ index: Int) -> Chart? {
    func values(_ metrics: LayerMetrics) -> [Double?] {
      metrics.frames.grouped(into: 60).map { $0.map(\.metrics.sqnr).min() }
    }
    let series = [
      LineChart.Series(name: "isolated", values: values(layer.isolated)),
      LineChart.Series(name: "accumulated", values: values(layer.accumulated)),
    ]
    guard let first = layer.isolated.frames.first, let last = layer.isolated.frames.last else {
      return nil
    }
    let plot = Plot(
      width: 480, height: 150, count: series[0].values.count, left: 48, bottom: 24)
    var chart = LineChart(
      id: "over-frames-\(index)", title: "SQNR over frames, dB",
      description: "From frame \(first.index) to frame \(last.index), in decibels.",
      series: series,
      axis: Axis(covering: series.flatMap(\.values).compactMap(\.self), ticks: 3), plot: plot)
    chart.foreground = [
      plot.label("frame \(first.index)", x: plot.left, y: plot.floor + 16),
      plot.label("\(last.index)", x: plot.end, y: plot.floor + 16, anchor: "end"),
    ]
    return Chart(caption: chart.title, drawing: chart.markup)
  }
}

extension ClipVerification {
  /// The layers that come closest to their tolerance or exceed it the most, as indices.
  var closestLayers: ArraySlice<Int> {
    layers.indices.sorted { (layers[$0].margin, $0) < (layers[$1].margin, $1) }.prefix(8)
  }
}
