import Models
import OneDNNBackend
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Tuning

/// A small network with invented weights over three small frames of the sample clip.
enum TinyNetwork {
  static let clip = Result {
    try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
  }

  static let backend = Result { try OneDNNBackend(threads: 2) }

  /// The model in binary32, those of its elements changed for which `changes` have others.
  static func model(
    _ changes: [String: (Int) -> Float?] = [:], configuration: STMConfiguration = .tiny
  ) throws -> Model {
    try Model.random(configuration, changing: changes)
  }

  /// `model` by `plan`.
  static func quantized(_ model: Model, by plan: PrecisionPlan) throws -> Model {
    var statistics: CalibrationStatistics?
    if model.network.needsCalibration(for: plan) {
      var calibration = try Calibration(model, backend: backend.get())
      try calibration.include(clip.get())
      statistics = calibration.statistics
    }
    return try Model(
      model.network, plan: plan,
      weights: try model.quantized(
        by: plan, statistics: statistics,
        quantizing: WeightQuantization(equalizes: plan.hasIntegerLayers)),
      path: plan.name)
  }
}

extension Model {
  /// The model with the binary32 tensor `name` changed element by element.
  func changing(_ name: String, _ change: (Float) -> Float) throws -> Model {
    let entries = try weights.entries.map { entry in
      guard entry.name == name else { return entry }
      var floats = try entry.floats()
      floats.values = floats.values.map(change)
      return TensorArchive.Entry(name: name, tensor: Tensor(floats))
    }
    return try Model(network, plan: plan, weights: try TensorArchive(entries), path: path)
  }
}
