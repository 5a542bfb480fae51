/// Two distributions over the same bins, beside one another.
struct Histogram {
  /// One distribution.
  struct Series {
    /// What it is of.
    let name: String
    /// How many elements each bin holds.
    let counts: [Int]
    /// The place of the counts in the JSON report.
    let pointer: String
  }

  /// What the ids of the drawing start with.
  let id: String
  /// What it shows.
  let title: String
  /// The bins' labels.
  let bins: [String]
  /// The distributions, at most two.
  let series: [Series]

  /// The drawing: bars as high as the share of their distribution's elements.
  var markup: Markup {
    let plot = Plot(width: 480, height: 150, count: bins.count, left: 48, bottom: 24)
    let axis = Axis(covering: [0, shares.flatMap(\.self).max() ?? 1], ticks: 3, within: 0...1)
    let grid = axis.ticks.flatMap { tick -> [Markup] in
      let y = axis.place(tick, from: plot.floor, to: plot.top)
      return [
        .element("path", ["class": "grid", "d": Path().move(plot.left, y).line(plot.end, y).text]),
        plot.label(Int((tick * 100).rounded()).attributeText + "%", x: 42, y: y + 4, anchor: "end"),
      ]
    }
    let width = plot.column * 0.8 / Double(series.count)
    let bars = series.indices.flatMap { index in
      series[index].counts.enumerated().map { bin, count in
        let y = axis.place(shares[index][bin], from: plot.floor, to: plot.top)
        return Markup.element(
          "rect",
          [
            "class": "bar bar-\(index)",
            "x": plot.start(of: bin) + plot.column * 0.1 + Double(index) * width, "y": y,
            "width": width, "height": max(plot.floor - y, 0),
            "data-json": "\(series[index].pointer)/\(bin)", "data-value": count,
          ],
          [
            .element(
              "title", [:],
              [Markup("\(series[index].name), \(bins[bin]) ULP: \(count.of("element"))")])
          ])
      }
    }
    let stride = max(1, Int((46 / plot.column).rounded(.up)))
    let labels = bins.enumerated().filter {
      $0.offset.isMultiple(of: stride) && plot.middle(of: $0.offset) < plot.width - 24
    }.map {
      plot.label($0.element, x: plot.middle(of: $0.offset), y: plot.floor + 16, anchor: "middle")
    }
    return plot.drawing(
      id: id, title: title, description: summary, grid + bars + labels)
  }

  private var shares: [[Double]] {
    series.map { series in
      let total = Double(max(series.counts.reduce(0, +), 1))
      return series.counts.map { Double($0) / total }
    }
  }

  private var summary: String {
    zip(series, shares).map { series, shares in
      "\(series.name): \((shares.first ?? 0).percent) of the elements are equal"
    }.joined(separator: "; ")
  }
}
