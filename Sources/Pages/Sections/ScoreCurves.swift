import Evaluation

/// J and F of a sequence, frame by frame.
struct ScoreCurves {
  let id: String
  let caption: String
  let drawing: Markup
  let isSplit: Bool
  let objects: [LayerSection.Chart]

  /// Where the page has the curves of sequence number `index`.
  static func id(_ index: Int) -> String { "sequence-\(index)" }

  init(_ index: Int, _ sequence: Evaluation.Sequence) {
    id = Self.id(index)
    let names = Set(sequence.objects.flatMap { $0.frames.map(\.name) }).sorted()
    let columns = names.grouped(into: LineChart.maximumColumns).map(Array.init)
    func chart(
      _ id: String, _ title: String, _ objects: [Evaluation.Object], isSmall: Bool
    ) -> LayerSection.Chart {
      let scores = Dictionary(
        grouping: objects.flatMap(\.frames), by: \.name
      ).mapValues { $0.map(\.score) }
      func values(_ score: KeyPath<MaskScore, Double>) -> [Double?] {
        columns.map { names in
          names.compactMap { name in
            scores[name].map { $0.map { $0[keyPath: score] }.reduce(0, +) / Double($0.count) }
          }.min()
        }
      }
      let series = [
        LineChart.Series(name: "J", values: values(\.region)),
        LineChart.Series(name: "F", values: values(\.boundary)),
      ]
      return LayerSection.Chart(
        caption: title,
        drawing: Self.drawing("chart-\(id)", title, series, columns, isSmall: isSmall))
    }
    let all = chart(id, sequence.name, sequence.objects, isSmall: false)
    (caption, drawing) = (all.caption, all.drawing)
    isSplit = sequence.objects.count > 1
    objects =
      isSplit
      ? sequence.objects.map { object in
        chart(
          "\(Self.id(index))-\(object.id)",
          "\(sequence.name), object \(object.id)\(object.category.map { ", \($0)" } ?? "")",
          [object], isSmall: true)
      } : []
  }

  private static func drawing(
    _ id: String, _ title: String, _ series: [LineChart.Series], _ columns: [[String]],
    isSmall: Bool
  ) -> Markup {
    let plot = Plot(
      width: isSmall ? 520 : 1080, height: 230, count: columns.count, left: 40, bottom: 30)
    let lowest = series.map { line in
      let worst = line.values.compactMap(\.self).min()
      return
        "\(line.name) is at its lowest \(worst.map { Figure.share($0, at: "").text } ?? "nothing")"
    }
    var chart = LineChart(
      id: id, title: "J and F by frame: \(title)",
      description: lowest.joined(separator: "; ") + ".", series: series,
      axis: Axis(covering: [0, 1], ticks: 4, within: 0...1), plot: plot)
    let stride = max(1, (columns.count + 7) / (isSmall ? 4 : 8))
    chart.foreground = columns.indices.filter { $0.isMultiple(of: stride) }.compactMap { index in
      columns[index].first.flatMap { name in
        let (middle, half) = (plot.middle(of: index), 3.2 * Double(name.count))
        return middle - half < 0 || middle + half > plot.width
          ? nil : plot.label(name, x: middle, y: plot.floor + 18, anchor: "middle")
      }
    }
    return chart.markup
  }
}
