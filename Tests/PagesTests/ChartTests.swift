import Testing

@testable import Pages

@Suite struct ChartTests {
  @Test func `an axis has round limits around its values, and ticks a round step apart`() {
    let axis = Axis(covering: [12.3, 47.1, .infinity], ticks: 5)
    #expect(axis.lower == 10 && axis.upper == 50 && axis.step == 10)
    #expect(axis.ticks.map(axis.label) == ["10", "20", "30", "40", "50"])
    let close = Axis(covering: [0.9989, 1], ticks: 4, within: 0...1)
    #expect(close.upper == 1 && close.lower <= 0.9989)
    #expect(Set(close.ticks.map(close.label)).count == close.ticks.count)
  }

  @Test(arguments: [[], [1], [-.infinity, .nan], [1, 1, 1]] as [[Double]])
  func `an axis has a length whatever its values are`(values: [Double]) {
    let axis = Axis(covering: values, within: 0...1)
    #expect(axis.upper > axis.lower && axis.upper <= 1 && !axis.ticks.isEmpty)
  }

  @Test func `a line goes through its values, with gaps where there are none`() throws {
    let plot = Plot(width: 140, height: 120, count: 4, left: 20, right: 20, top: 10, bottom: 10)
    let chart = LineChart(
      id: "c", title: "t", description: "d",
      series: [.init(name: "s", values: [0, 10, nil, 5])], axis: Axis(covering: [0, 10]), plot: plot
    )
    let markup = chart.markup.description
    #expect(markup.contains(#"class="line line-0" d="M32.5 110L57.5 10M107.5 60""#))
    #expect(markup.contains(#"class="dots line-0" d="M32.5 110h0M57.5 10h0M107.5 60h0""#))
  }

  @Test func `what has no end lies above everything else, what is lost below`() {
    let plot = Plot(width: 140, height: 120, count: 3, left: 20, right: 20, top: 10, bottom: 10)
    let chart = LineChart(
      id: "c", title: "t", description: "d",
      series: [.init(name: "s", values: [.infinity, 50, -.infinity])],
      axis: Axis(covering: [0, 50]), plot: plot)
    #expect(chart.height(of: .infinity) < chart.height(of: 50))
    #expect(chart.height(of: -.infinity) == plot.floor && chart.height(of: .nan) == plot.floor)
    #expect(chart.markup.description.contains("∞"))
  }

  @Test func `cells are of the class of their number, and those that are lost of one of their own`()
  {
    let scale = HeatStrip.Scale(covering: [0, 70])
    #expect(scale.bounds == [60, 50, 40, 30, 20, 10])
    #expect([.infinity, 60, 59.9, 0].map(scale.index(of:)) == [0, 0, 1, 6])
    #expect(scale.index(of: -.infinity) == nil && scale.index(of: .nan) == nil)
    #expect(scale.labels.first == "over 60" && scale.labels.last == "under 10")
    let plot = Plot(width: 60, height: 40, count: 4, left: 10, right: 10, top: 5, bottom: 5)
    let strip = HeatStrip(
      id: "h", title: "t", description: "d",
      rows: [("0", [65, 65, nil, 5]), ("1", [-.infinity, 65, 65, 65])], scale: scale, plot: plot,
      rowHeight: 10)
    let markup = strip.markup.description
    #expect(markup.contains(#"class="heat-0" d="M10 5h20v10h-20zM20 15h30v10h-30z""#))
    #expect(markup.contains(#"class="heat-6" d="M40 5h10v10h-10z""#))
    #expect(markup.contains(#"class="heat-7" d="M10 15h10v10h-10z""#))
  }

  @Test func `bars are as high as their share, and say what they count`() {
    let histogram = Histogram(
      id: "u", title: "t", bins: ["0", "1"],
      series: [
        .init(name: "isolated", counts: [3, 1], pointer: "/a"),
        .init(name: "accumulated", counts: [1], pointer: "/b"),
      ])
    let markup = histogram.markup.description
    #expect(markup.contains(#"data-json="/a/0" data-value="3""#))
    #expect(markup.contains(#"data-json="/b/0" data-value="1""#))
    #expect(markup.contains("isolated, 1 ULP: 1 element<"))
  }

  @Test func `many columns are grouped as evenly as they can be`() {
    #expect(Array(0..<5).grouped(into: 10).map(Array.init) == [[0], [1], [2], [3], [4]])
    let groups = Array(0..<1003).grouped(into: 300)
    #expect(groups.count == 300 && groups.flatMap(Array.init) == Array(0..<1003))
    #expect(Set(groups.map(\.count)) == [3, 4])
  }
}
