/// How many frames a clip may leave out between those that are trained on, as the training goes on (Oh
/// et al., ICCV 2019, section 3.5: from 0 to 25, 5 more every 20 epochs).
public struct SkipSchedule: Sendable, Hashable, Codable {
  /// The most frames left out at the first step.
  public var start: Int
  /// The most frames left out at any step.
  public var maximum: Int
  /// How many more may be left out each time.
  public var increase: Int
  /// The steps after which more may be left out.
  public var everySteps: Int

  /// From `start` to `maximum` frames, `increase` more after every `everySteps` steps.
  public init(start: Int = 0, maximum: Int = 25, increase: Int = 5, everySteps: Int = 20_000) {
    self.start = start
    self.maximum = maximum
    self.increase = increase
    self.everySteps = everySteps
  }

  /// The most frames left out at `step`, counted from 0.
  public func largestSkip(at step: Int) -> Int {
    let (more, overflow) = (step / everySteps).multipliedReportingOverflow(by: increase)
    return overflow || more > maximum - start ? maximum : start + more
  }

  /// What makes no sense in it.
  var problems: [String] {
    var problems = ProblemList()
    problems.expect("first skip", start, in: 0...1_000_000)
    problems.expect("largest skip", maximum, in: start...max(start, 1_000_000))
    problems.expect("increase of the skip", increase, in: 0...1_000_000)
    problems.expect("steps between increases of the skip", everySteps, in: 1...Int.max)
    return problems.all
  }
}
