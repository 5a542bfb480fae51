import Differentiation
import Files
import Models
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

@testable import Training

/// What is trained of a model, and how it becomes the numbers of steps and comes back.
@Suite struct TrainedModelTests {
  private let model: Model

  init() throws { model = try TinyTraining.model() }

  /// The same model whose batch norms are folded into its convolutions.
  private func folded() throws -> Model {
    var entries: [TensorArchive.Entry] = []
    for step in model.network.deployedPrograms.flatMap(\.steps) {
      guard
        case .convolution(let weight, let bias, _) = try StepParameters(
          of: step, in: model.weights)
      else { continue }
      var first = 0
      for layer in step.layers {
        let channels = step.parts.first { $0.layer == layer }?.convolution.inputChannels
        let range = first..<first + (channels ?? weight.shape[1])
        first = range.upperBound
        entries.append(
          .init(name: "\(layer).weight", tensor: Tensor(weight.sliced(range, axis: 1))))
      }
      if let bias {
        entries.append(
          .init(
            name: "\(step.layer).bias",
            tensor: Tensor(FloatTensor(shape: [bias.count], values: bias))
          ))
      }
    }
    entries += model.weights.entries.filter {
      $0.name.hasSuffix(".mean") || $0.name.hasSuffix(".std")
    }
    return try Model(
      model.network, precision: .float32, weights: TensorArchive(entries), path: "folded")
  }

  @Test func `kernels, biases and batch norms are trained, statistics and counters are not`()
    throws
  {
    let trained = try TrainedModel(model)
    let names = Set(trained.parameters.map(\.name))
    #expect(names.contains("Encoder_M.conv1_o.weight"))
    #expect(names.contains("Encoder_Q.bn1.bias"))
    #expect(names.contains("Decoder.pred2.bias"))
    let constants = ["running_mean", "running_var", "num_batches_tracked", "mean", "std"]
    #expect(!names.contains { name in constants.contains { name.hasSuffix(".\($0)") } })
    #expect(Set(trained.values.keys) == names)
  }

  @Test(arguments: [false, true]) func `the archive is the model it was taken from`(
    isFolded: Bool
  ) throws {
    let model = isFolded ? try folded() : model
    let archive = try TrainedModel(model).archive()
    #expect(archive.entries.count == model.weights.entries.count)
    for entry in archive.entries {
      let expected = try #require(model.weights[entry.name])
      #expect(try entry.tensor().isBitIdentical(to: expected.tensor()), "\(entry.name)")
    }
    _ = try Model(model.network, precision: .float32, weights: archive, path: "again")
  }

  @Test(arguments: [false, true]) func `numbers are those that the written model is run with`(
    isFolded: Bool
  ) throws {
    let model = isFolded ? try folded() : model
    let programs: [ProgramNumbers<Float>] = try TrainedModel(model).numbers()
    #expect(programs.map(\.program.name) == ["memorize", "query", "decode"])
    for numbers in programs {
      for step in numbers.program.steps {
        let expected = try StepNumbers<Float>(StepParameters(of: step, in: model.weights))
        let found = numbers.steps[step.name]
        #expect(found?.weight == expected?.weight, "\(step.name)")
        #expect(found?.bias == expected?.bias, "\(step.name)")
        #expect(found?.normalization == expected?.normalization, "\(step.name)")
      }
    }
  }

  @Test(arguments: [0, 1, 2], [false, true])
  func `the chain rule back through folding is that of differences`(
    program: Int, isFolded: Bool
  ) throws {
    let trained = try TrainedModel(isFolded ? try folded() : model)
    var generator = SeededGenerator(seed: 11)
    let numbers: [ProgramNumbers<Double>] = trained.numbers()
    // The gradients of a weighted sum of all numbers are its weights.
    var weights: [String: StepGradients<Double>] = [:]
    for step in numbers[program].program.steps {
      guard let numbers = numbers[program].steps[step.name] else { continue }
      weights[step.name] = StepGradients(
        weight: Numbers(.random(numbers.weight.shape, using: &generator)),
        bias: numbers.bias.map { $0.map { _ in Double.random(in: -1...1, using: &generator) } })
    }
    let gradients = trained.gradients(from: weights, of: trained.programs[program])
    for fields in [["weight"], ["bias"]] {
      let difference = CentralDifference(
        trained.values, gradients: gradients,
        where: { name in fields.contains { name.hasSuffix($0) } }
      ) { values in
        var changed = trained
        changed.values = values
        let numbers: [ProgramNumbers<Double>] = changed.numbers()
        return weights.reduce(0) { sum, step in
          let numbers = numbers[program].steps[step.key]
          let byWeight = zip(step.value.weight.values, numbers?.weight.values ?? []).map(*)
          let byBias = zip(step.value.bias ?? [], numbers?.bias ?? []).map(*)
          return sum + byWeight.reduce(0, +) + byBias.reduce(0, +)
        }
      }
      #expect(difference.error < 1e-5, "\(fields)")
    }
    #expect(
      Set(gradients.keys).isSubset(of: trained.values.keys)
        && gradients.allSatisfy { trained.values[$0.key]?.shape == $0.value.shape })
  }

  @Test func `every parameter has a gradient in one program`() throws {
    for norms in BatchNormTraining.allCases {
      let trained = try TrainedModel(model, batchNorms: norms)
      let names = trained.programs.flatMap {
        trained.gradients(from: [String: StepGradients<Float>](), of: $0).keys
      }
      #expect(names.sorted() == trained.parameters.map(\.name).sorted())
    }
  }

  @Test func `a quantized model and folded batch norms with moments are refused`() throws {
    let quantized = try Model(
      model.network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "fp16")
    #expect(throws: ModelError.alreadyQuantized(path: "fp16", precision: "fp16")) {
      try TrainedModel(quantized)
    }
    let folded = try folded()
    #expect(
      throws: TrainingError.foldedBatchNorms(
        path: "folded", layers: folded.foldedBatchNorms.sorted())
    ) { try TrainedModel(folded, batchNorms: .batch) }
  }

  @Test func `running statistics follow unbiased moments run after run`() throws {
    var trained = try TrainedModel(model, batchNorms: .batch)
    let layer = "Encoder_Q.bn1"
    let before = try #require(trained.statistics["\(layer).running_var"]).values
    let moments = BatchMoments<Double>(mean: [1, -1], variance: [3, 0], count: 4)
    trained.updateStatistics([[layer: moments], [layer: moments]])
    let mean = try #require(trained.statistics["\(layer).running_mean"]).values
    let old = try model.weights.floats("\(layer).running_mean").values
    let variance = try #require(trained.statistics["\(layer).running_var"]).values
    #expect(abs(mean[0] - (0.81 * old[0] + 0.19)) < 1e-6)
    #expect(abs(mean[1] - (0.81 * old[1] - 0.19)) < 1e-6)
    #expect(abs(variance[0] - (0.81 * before[0] + 0.19 * 4)) < 1e-6)
    #expect(abs(variance[1] - 0.81 * before[1]) < 1e-6)
  }
}
