/// Lines over columns, with a number for each column.
struct LineChart {
  /// One line. Its place among the others says how it is drawn: the first solid with round markers,
  /// the second dashed with square ones, the third dotted without, the fourth thin and behind them.
  struct Series {
    /// What the legend calls it.
    let name: String
    /// A number for each column; none where the line has a gap.
    let values: [Double?]
  }

  /// The most columns that are drawn; of more, each stands for several.
  static let maximumColumns = 300
  /// The least width of columns that have markers.
  static let markedWidth = 7.0

  /// What the ids of the drawing start with.
  let id: String
  /// What it shows.
  let title: String
  /// The same in a sentence.
  let description: String
  /// The lines.
  let series: [Series]
  /// The numbers at the left.
  let axis: Axis
  /// How a number of the axis is written.
  var label: (Axis, Double) -> String = { $0.label($1) }
  /// The frame.
  let plot: Plot
  /// Which style sheet class the drawing has.
  var variant = ""
  /// What lies behind the lines.
  var background: [Markup] = []
  /// What lies before them.
  var foreground: [Markup] = []

  /// The drawing.
  var markup: Markup {
    let lines: [[Markup]] = series.indices.map(line)
    let drawn: [Markup] = Array((lines.dropFirst(3) + lines.prefix(3)).joined())
    return plot.drawing(
      id: id, title: title, description: description, variant: variant,
      background + grid + drawn + foreground)
  }

  /// Whether some value has no end, for which there is a line of its own at the top.
  private var isUnbounded: Bool {
    series.contains { $0.values.contains { $0 == .infinity } }
  }

  private var top: Double { plot.top + (isUnbounded ? 16 : 0) }

  /// Where `value` is drawn; what is beyond the axis at its end, infinity on its own line.
  func height(of value: Double) -> Double {
    if value == .infinity { return plot.top }
    let place = axis.place(value, from: plot.floor, to: top)
    return value.isNaN ? plot.floor : min(max(place, top), plot.floor)
  }

  private var grid: [Markup] {
    let lines = axis.ticks.map { (height(of: $0), label(axis, $0)) }
    return (lines + (isUnbounded ? [(plot.top, "∞")] : [])).flatMap { y, text in
      [
        Markup.element(
          "path", ["class": "grid", "d": Path().move(plot.left, y).line(plot.end, y).text]),
        plot.label(text, x: plot.left - 6, y: y + 4, anchor: "end"),
      ]
    }
  }

  private func line(_ index: Int) -> [Markup] {
    let values = series[index].values
    guard !values.isEmpty else { return [] }
    var (path, dots) = (Path(), Path())
    var isDrawing = false
    for (column, value) in values.enumerated() {
      guard let value else {
        isDrawing = false
        continue
      }
      let (x, y) = (plot.middle(of: column), height(of: value))
      path = isDrawing ? path.line(x, y) : path.move(x, y)
      dots = dots.dot(x, y)
      isDrawing = true
    }
    let line = Markup.element("path", ["class": "line line-\(index)", "d": path.text])
    let hasMarkers = index < 2 && plot.column >= Self.markedWidth || values.count == 1
    return hasMarkers
      ? [line, .element("path", ["class": "dots line-\(index)", "d": dots.text])] : [line]
  }
}

extension Array {
  /// The elements in at most `count` groups of neighbours, as even as they can be.
  func grouped(into count: Int) -> [ArraySlice<Element>] {
    guard self.count > count else { return indices.map { self[$0...$0] } }
    return (0..<count).map { self[$0 * self.count / count..<($0 + 1) * self.count / count] }
  }
}
