import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct OptimizationAverageTests {
  @Test func `an average is the weighted mean of the weights of all steps`() throws {
    let fixture = try OptimizationFixture.loaded.get()
    let start = try OptimizationFixture.tensors("start")
    for (index, decay) in fixture.decays.enumerated() {
      var average = WeightAverage(decay: decay, of: start)
      try fixture.train(try #require(fixture.optimizers.first)) { _, values, _ in
        average.add(values)
      }
      #expect(average.count == fixture.steps)
      let expected = try OptimizationFixture.tensors("average-\(index)")
      let distance = try average.values.distance(to: expected, smallest: 1e-2)
      #expect(distance < 2e-6, "\(decay)")
    }
  }

  @Test func `after one step the average is the weights, not those that training began with`() {
    var average = WeightAverage(decay: 0.999, of: ["a": FloatTensor(shape: [1], values: [100])])
    #expect(average.values["a"]?.values == [100])
    average.add(["a": FloatTensor(shape: [1], values: [1])])
    #expect(average.values["a"]?.values == [1])
  }

  @Test func `a mean over a horizon of one is the last number`() {
    var mean = ExponentialMean(over: 1)
    #expect(mean.value == nil)
    for number in [3.0, 5, 4] { mean.add(number) }
    #expect(mean.value == 4 && mean.count == 3)
  }

  @Test func `a mean of equal numbers is that number, from the first on`() throws {
    var mean = ExponentialMean(decay: 0.99)
    for _ in 0..<50 {
      mean.add(2)
      #expect(mean.value == 2)
    }
    mean.add(5)
    let value = try #require(mean.value)
    #expect(value > 2 && value < 5)
  }
}
