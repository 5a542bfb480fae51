import Testing

@testable import Training

@Suite struct OptimizationScheduleTests {
  @Test func `the rates of steps are those of PyTorch's schedulers`() throws {
    for expected in try OptimizationFixture.loaded.get().schedules {
      let floor = expected.floor ?? 0
      let shape: LearningRateSchedule.Shape =
        switch expected.shape {
        case "polynomial":
          .polynomial(power: expected.power ?? 1, floor: floor, end: expected.end)
        case "cosine": .cosine(floor: floor, end: expected.end)
        default: .constant
        }
      let schedule = LearningRateSchedule(base: 0.5, warmUp: expected.warmUp, shape: shape)
      #expect(schedule.problems.isEmpty)
      for (step, rate) in expected.rates.enumerated() {
        let found = schedule.rate(at: step)
        #expect(abs(found - rate) < 1e-12, "\(expected.shape), step \(step)")
      }
    }
  }

  @Test func `from its end on a schedule is at its floor`() {
    for shape in [
      .polynomial(power: 0.9, floor: 0.125, end: 10), .cosine(floor: 0.125, end: 10),
    ] as [LearningRateSchedule.Shape] {
      let schedule = LearningRateSchedule(base: 0.5, warmUp: 2, shape: shape)
      #expect([10, 11, 1000].map(schedule.rate) == [0.125, 0.125, 0.125])
      #expect(schedule.rate(at: 9) > 0.125)
    }
  }

  @Test func `the warm-up starts above zero and ends below the base`() {
    let schedule = LearningRateSchedule(base: 1, warmUp: 3)
    #expect((0...4).map(schedule.rate) == [0.25, 0.5, 0.75, 1, 1])
  }

  @Test func `everything that is wrong with a schedule is said at once`() {
    let schedule = LearningRateSchedule(
      base: 0, warmUp: 5, shape: .polynomial(power: -1, floor: 2, end: 5))
    #expect(
      schedule.problems == [
        "learning rate: expected a number above 0, found 0.0",
        "power: expected a number above 0, found -1.0",
        "floor: expected a learning rate from 0 to 0.0, found 2.0",
        "end: expected a step after the warm-up's 5, found 5",
      ])
  }
}
