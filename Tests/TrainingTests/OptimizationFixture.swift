import Foundation
import Safetensors
import Tensors
import TestSupport
import Testing

@testable import Training

/// What `Fixtures/make_optimizers.py` found with PyTorch.
struct OptimizationFixture: Decodable {
  /// The settings of one optimizer.
  struct Setup: Decodable {
    let name: String
    let method: String
    let firstDecay: Double?
    let secondDecay: Double?
    let epsilon: Double?
    let weightDecay: Double?

    var settings: OptimizerSettings {
      get throws {
        OptimizerSettings(
          try #require(OptimizerSettings.Method(rawValue: method)),
          firstDecay: firstDecay ?? 0.9, secondDecay: secondDecay ?? 0.999,
          epsilon: epsilon ?? 1e-8, weightDecay: weightDecay ?? 0)
      }
    }
  }

  /// What clipping to a norm found the norm to be.
  struct Clip: Decodable {
    let maximum: Double
    let norm: Double
  }

  /// The rates of a schedule whose base is 0.5.
  struct Rates: Decodable {
    let shape: String
    let power: Double?
    let warmUp: Int
    let end: Int
    let floor: Double?
    let rates: [Double]
  }

  let steps: Int
  let kept: [Int]
  let learningRates: [Double]
  let optimizers: [Setup]
  let clipping: [Clip]
  let decays: [Double]
  let schedules: [Rates]

  /// The fixture.
  static let loaded = Result {
    try JSONDecoder().decode(
      OptimizationFixture.self, from: Data(contentsOf: URL(filePath: path("json"))))
  }

  private static let archive = Result { try SafetensorsFile.read(path("safetensors")) }

  private static func path(_ kind: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/optimizers", ofType: kind))
  }

  /// The tensors whose names start with `title` and a dot, by what follows.
  static func tensors(_ title: String) throws -> [String: FloatTensor] {
    var tensors: [String: FloatTensor] = [:]
    for name in ["conv.weight", "conv.bias", "norm.weight"] {
      tensors[name] = try archive.get().floats("\(title).\(name)")
    }
    return tensors
  }

  /// Trains as PyTorch did with `setup`; `body` is called after each step.
  func train(
    _ setup: Setup, _ body: (Int, [String: FloatTensor], Optimizer) throws -> Void
  ) throws {
    var values = try Self.tensors("start")
    var optimizer = Optimizer(try setup.settings, for: values)
    for step in 1...steps {
      optimizer.update(
        &values, gradients: try Self.tensors("gradients.\(step)"),
        learningRate: learningRates[step - 1])
      try body(step, values, optimizer)
    }
  }
}

extension [String: FloatTensor] {
  /// The largest difference to `other` over the size of what differs, where that is above
  /// `smallest`.
  func distance(to other: [String: FloatTensor], smallest: Float = 1e-30) throws -> Float {
    try #require(keys == other.keys)
    return self.flatMap { name, tensor in
      zip(tensor.values, other[name]?.values ?? []).map { found, expected in
        abs(found - expected) / Swift.max(abs(expected), smallest)
      }
    }.max() ?? 0
  }
}
