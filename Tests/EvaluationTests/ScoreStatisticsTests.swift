import Evaluation
import Testing

@Suite struct ScoreStatisticsTests {
  @Test func `the mean, the share above a half, and the first quarter less the last`() throws {
    let statistics = try #require(ScoreStatistics([1, 0.75, 0.5, 0.25]))
    #expect(statistics.mean == 0.625)
    #expect(statistics.recall == 0.5)
    #expect(statistics.decay == 0.875 - 0.375)
  }

  @Test(arguments: [
    (1, 0, 0), (2, 0, 1), (3, 1, 2), (4, 1, 2), (5, 1, 3), (7, 2, 5), (100, 25, 74),
    (300, 75, 224),
  ])
  func `quarters share their ends, which are rounded with halves up`(
    count: Int, firstEnd: Int, lastStart: Int
  ) throws {
    let scores = (0..<count).map { Double($0 * $0) }
    func mean(_ range: ClosedRange<Int>) -> Double {
      scores[range].reduce(0, +) / Double(range.count)
    }
    let statistics = try #require(ScoreStatistics(scores))
    #expect(statistics.decay == mean(0...firstEnd) - mean(lastStart...count - 1))
  }

  @Test func `there are no statistics of nothing`() {
    #expect(ScoreStatistics([]) == nil)
    #expect(ScoreStatistics(meanOf: []) == nil)
  }
}
