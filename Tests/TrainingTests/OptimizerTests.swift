import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct OptimizerTests {
  @Test func `values and moments follow PyTorch's Adam and AdamW over twenty steps`() throws {
    let fixture = try OptimizationFixture.loaded.get()
    for setup in fixture.optimizers {
      try fixture.train(setup) { step, values, optimizer in
        #expect(optimizer.updates == step)
        guard fixture.kept.contains(step) else { return }
        let title = "\(setup.name).\(step)"
        for (kind, found, tolerance) in [
          ("values", values, 2e-5), ("first", optimizer.first, 2e-5),
          ("second", optimizer.second, 1e-6),
        ] as [(String, [String: FloatTensor], Float)] {
          let distance = try found.distance(
            to: OptimizationFixture.tensors("\(title).\(kind)"))
          #expect(distance < tolerance, "\(title).\(kind)")
        }
      }
    }
  }

  @Test func `a number whose gradient is always zero stays, but for decay`() throws {
    let fixture = try OptimizationFixture.loaded.get()
    let start = try OptimizationFixture.tensors("start")["norm.weight"]?.values[5]
    for setup in fixture.optimizers {
      try fixture.train(setup) { step, values, _ in
        guard step == fixture.steps else { return }
        let end = values["norm.weight"]?.values[5]
        #expect((end == start) == ((setup.weightDecay ?? 0) == 0), "\(setup.name)")
      }
    }
  }

  @Test func `values that it is not for are left alone`() throws {
    var values = [
      "a": FloatTensor(shape: [1], values: [1]), "b": FloatTensor(shape: [1], values: [1]),
    ]
    var optimizer = Optimizer(OptimizerSettings(), for: ["a": FloatTensor(zeros: [1])])
    optimizer.update(
      &values,
      gradients: ["a": FloatTensor(shape: [1], values: [2]), "b": FloatTensor(zeros: [1])],
      learningRate: 0.25)
    #expect(values["b"]?.values == [1])
    let moved = try #require(values["a"]?.values.first)
    #expect(abs(moved - 0.75) < 1e-6)
  }

  @Test(arguments: OptimizerSettings.Method.allCases)
  func `a value with a factor has a learning rate of its own and does not decay`(
    method: OptimizerSettings.Method
  ) throws {
    let start = ["a": FloatTensor(shape: [2], values: [1, -3])]
    let gradients = ["a": FloatTensor(shape: [2], values: [0.5, 0])]
    var (scaled, plain) = (start, start)
    var first = Optimizer(OptimizerSettings(method, weightDecay: 0.1), for: start)
    var second = Optimizer(OptimizerSettings(method), for: start)
    for _ in 0..<3 {
      first.update(&scaled, gradients: gradients, learningRate: 0.001, factors: ["a": 32])
      second.update(&plain, gradients: gradients, learningRate: 0.032)
    }
    #expect(scaled == plain)
    #expect(scaled["a"]?.values[1] == -3)
  }

  @Test func `everything that is wrong with settings is said at once`() {
    let settings = OptimizerSettings(
      firstDecay: 1, secondDecay: -0.1, epsilon: 0, weightDecay: .nan)
    #expect(
      settings.problems == [
        "firstDecay: expected a number from 0 to below 1, found 1.0",
        "secondDecay: expected a number from 0 to below 1, found -0.1",
        "epsilon: expected a number above 0, found 0.0",
        "weightDecay: expected a number of at least 0, found nan",
      ])
    #expect(OptimizerSettings().problems.isEmpty)
  }
}
