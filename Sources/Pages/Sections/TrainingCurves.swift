import Reports
import Training

/// The curves of a training over its steps, and those of its validations.
struct TrainingCurves {
  private let record: TrainingRecord
  private let columns: [ArraySlice<Int>]

  init(_ record: TrainingRecord) {
    self.record = record
    columns = Array(record.steps.indices).grouped(into: LineChart.maximumColumns)
  }

  /// The loss, the norm of the gradients and the learning rate, by step; none before the first.
  var steps: [LayerSection.Chart] {
    guard !record.steps.isEmpty else { return [] }
    return [
      chart("loss", "Loss", \.loss, isWide: true),
      chart("norm", "Norm of the gradients, before clipping", \.gradientNorm),
      chart("rate", "Learning rate", \.learningRate, isSmoothed: false),
    ]
  }

  /// J and F, by validation; nil where there was none.
  var scores: LayerSection.Chart? {
    let validations = record.validations
    guard let last = validations.last else { return nil }
    let columns = validations.grouped(into: LineChart.maximumColumns)
    func series(_ name: String, _ score: KeyPath<ValidationMetrics, Double>) -> LineChart.Series {
      LineChart.Series(name: name, values: columns.map { $0.last?[keyPath: score] })
    }
    let plot = Plot(width: 1080, height: 260, count: columns.count, left: 62, bottom: 30)
    let series = [series("J", \.region), series("F", \.boundary)]
    var chart = LineChart(
      id: "chart-scores", title: "J and F by validation",
      description:
        "J ends at \(Numbers.ratio(last.region)); F ends at \(Numbers.ratio(last.boundary)).",
      series: series,
      axis: Axis(
        covering: series.flatMap { $0.values.compactMap(\.self) }, ticks: 4, within: 0...1),
      plot: plot)
    chart.foreground = plot.numbers(columns.compactMap { $0.range { $0.step } })
    return LayerSection.Chart(caption: "J and F, by steps done", drawing: chart.markup)
  }

  private func chart(
    _ id: String, _ title: String, _ number: KeyPath<StepMetrics, Double>,
    isWide: Bool = false, isSmoothed: Bool = true
  ) -> LayerSection.Chart {
    let raw: [Double?] = columns.map { column in
      column.reduce(0) { $0 + record.steps[$1][keyPath: number] } / Double(column.count)
    }
    let smoothed = record.smoothed(number)
    let thick = isSmoothed ? columns.map { column in column.last.map { smoothed[$0] } } : raw
    let numbers = thick.compactMap(\.self)
    let plot = Plot(
      width: isWide ? 1080 : 520, height: isWide ? 260 : 230, count: columns.count, left: 62,
      bottom: 30)
    var chart = LineChart(
      id: "chart-\(id)", title: "\(title) by step",
      description: "\(title): from \(Numbers.significant(numbers.first ?? .nan)) "
        + "to \(Numbers.significant(numbers.last ?? .nan)).",
      series: [LineChart.Series(name: title, values: thick)]
        + (isSmoothed
          ? [
            LineChart.Series(name: "", values: []), LineChart.Series(name: "", values: []),
            LineChart.Series(name: "each step", values: raw),
          ] : []),
      axis: Axis(covering: numbers + [0], ticks: 4, within: 0 ... .infinity), plot: plot)
    chart.label = { Numbers.significant($1) }
    chart.foreground = plot.numbers(columns.compactMap { $0.range { record.steps[$0].step } })
    return LayerSection.Chart(caption: title, drawing: chart.markup)
  }
}

extension Plot {
  /// Round numbers of steps below the columns, which stand for `steps` each.
  fileprivate func numbers(_ steps: [ClosedRange<Int>]) -> [Markup] {
    guard let first = steps.first, let last = steps.last else { return [] }
    let axis = Axis(
      covering: [first.lowerBound, last.upperBound].map(Double.init),
      ticks: max(1, min(8, Int((end - left) / 90))))
    var labelled: Set<Int> = []
    return axis.ticks.map { Int($0) }.filter { $0 >= first.lowerBound }.compactMap { tick in
      guard let index = steps.firstIndex(where: { $0.upperBound >= tick }),
        labelled.insert(index).inserted
      else { return nil }
      let step = steps[index].contains(tick) ? tick : steps[index].upperBound
      let text = step.grouped
      let place = min(middle(of: index), width - 3.5 * Double(text.count))
      return label(text, x: place, y: floor + 18, anchor: "middle")
    }
  }
}

extension ArraySlice {
  /// From the least to the largest of `numbers`, which rise.
  fileprivate func range(of numbers: (Element) -> Int) -> ClosedRange<Int>? {
    first.flatMap { first in last.map { numbers(first)...numbers($0) } }
  }
}
