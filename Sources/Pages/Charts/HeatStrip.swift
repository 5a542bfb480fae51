/// A cell for each column and row, the darker (in dark surroundings the lighter) the worse.
struct HeatStrip {
  /// The classes of numbers, larger ones better: ``count`` of them, ``bounds`` between.
  struct Scale: Equatable {
    /// How many classes there are.
    static let count = 7

    /// The limits between classes, falling.
    let bounds: [Double]

    /// Classes a round number apart that cover the finite ones of `values`, but for the largest
    /// tenth, which is as good as it gets, whatever that is.
    init(covering values: some Sequence<Double>) {
      let sorted = values.filter(\.isFinite).sorted()
      let axis = Axis(covering: sorted.prefix((sorted.count * 9 + 9) / 10), ticks: Self.count)
      let last = (axis.upper / axis.step).rounded(.up) - 1
      bounds = (0..<Self.count - 1).map { (last - Double($0)) * axis.step }
    }

    /// The class of `value`, 0 the best; nil for what is lost: minus infinity, or no number.
    func index(of value: Double) -> Int? {
      value.isNaN || value == -.infinity ? nil : bounds.count { value < $0 }
    }

    /// What the classes hold.
    var labels: [String] {
      let numbers = bounds.map { Int($0.rounded()) }
      let inner = zip(numbers.dropFirst(), numbers).map { "\($0) to \($1)" }
      return (["over \(numbers[0])"] + inner + ["under \(numbers[numbers.count - 1])"]).map {
        $0.replacing("-", with: "−")
      }
    }
  }

  /// What the ids of the drawing start with.
  let id: String
  /// What it shows.
  let title: String
  /// The same in a sentence.
  let description: String
  /// The rows from the top, each with its label and a number for each column; none where a column
  /// has nothing in the row.
  let rows: [(label: String, values: [Double?])]
  /// The classes.
  let scale: Scale
  /// The frame; its height follows from the rows.
  let plot: Plot
  /// The height of a row.
  let rowHeight: Double
  /// Which style sheet class the drawing has.
  var variant = ""
  /// What lies before the cells.
  var foreground: [Markup] = []

  /// The drawing: a path for each class, cells of one class that touch in one piece.
  var markup: Markup {
    var paths = [Path](repeating: Path(), count: Scale.count + 1)
    for (row, line) in rows.enumerated() {
      var column = 0
      while column < line.values.count {
        guard let value = line.values[column] else {
          column += 1
          continue
        }
        let index = scale.index(of: value) ?? Scale.count
        let start = column
        while column < line.values.count,
          line.values[column].map({ scale.index(of: $0) ?? Scale.count }) == index
        { column += 1 }
        paths[index] = paths[index].box(
          x: plot.start(of: start), y: plot.top + Double(row) * rowHeight,
          width: plot.start(of: column) - plot.start(of: start), height: rowHeight)
      }
    }
    let cells = paths.enumerated().filter { !$0.element.text.isEmpty }.map { index, path in
      Markup.element("path", ["class": "heat-\(index)", "d": path.text])
    }
    return plot.drawing(
      id: id, title: title, description: description, variant: variant, cells + labels + foreground)
  }

  private var labels: [Markup] {
    let stride = max(1, Int((12 / rowHeight).rounded(.up)))
    return rows.enumerated().filter { $0.offset.isMultiple(of: stride) }.map { index, row in
      plot.label(
        row.label, x: plot.left - 6, y: plot.top + (Double(index) + 0.5) * rowHeight + 4,
        anchor: "end")
    }
  }
}
