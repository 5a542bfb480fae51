import Models
import OneDNNBackend
import Quantization
import Segmentation
import Tensors
import TestSupport
import Testing
import Tuning
import Verification

/// Defects planted in ten layers across the network, in each precision: the layers that are beyond
/// their tolerance when they are given the reference's values are those ten and no other.
@Suite struct DefectTests {
  /// What is wrong with a layer.
  enum Defect: CaseIterable {
    /// A kernel that is 1.02 times what it should be, 1.2 times in 8-bit integers.
    case scaled
    /// An output channel that is 0.
    case zeroedChannel
    /// A kernel whose rows are its columns, or whose inputs are its outputs.
    case transposed
    /// A scale of weights an eighth of what it should be, to which integers were clamped; elsewhere
    /// weights that were.
    case saturated
    /// A weight or a bias so large that sums are infinite, or no number at all.
    case overflowing
  }

  /// From the first layer to the last: stems, 1x1 and 3x3 kernels, before and after residuals.
  static let planted = [
    "Encoder_M.conv1", "Encoder_M.res2.0.conv2", "Encoder_M.res3.1.conv3", "KV_M_r4.Key",
    "Encoder_Q.res2.2.conv1", "Encoder_Q.res4.3.conv3", "KV_Q_r4.Value", "Decoder.convFM",
    "Decoder.RF3.ResFS.conv2", "Decoder.pred2",
  ]

  private static let clip = Result {
    try Clip(path: SampleWeights.path("clip"), longEdge: 64, maximumFrames: 2)
  }

  private static let backend = Result { try OneDNNBackend(threads: 2) }

  private static let statistics = Result {
    var calibration = try Calibration(SampleWeights.model(), backend: backend.get())
    try calibration.include(clip.get())
    return calibration.statistics
  }

  @Test(arguments: [Precision.float32, .float16, .int8])
  func `honest rounding is within every tolerance`(precision: Precision) throws {
    let model = try model(precision)
    let result = try verify(model)
    #expect(result.layers.filter { !$0.passes }.map(\.name) == [])
  }

  @Test(arguments: [Precision.float32, .float16, .int8], Defect.allCases)
  func `a defect is found in the layer that has it, and in no other`(
    precision: Precision, defect: Defect
  ) throws {
    let honest = try model(precision)
    let entries = try honest.weights.entries.map { entry in
      guard let layer = Self.planted.first(where: { entry.name.hasPrefix("\($0).") }) else {
        return entry
      }
      let part = String(entry.name.dropFirst(layer.count + 1))
      return try defect.planted(in: entry, part, precision)
    }
    let spoiled = try Model(
      honest.network, plan: honest.plan, weights: try TensorArchive(entries), path: "spoiled")
    let result = try verify(spoiled)
    let expected = result.layers.filter { layer in
      layer.isConvolution && !Set(layer.covers).isDisjoint(with: Self.planted)
    }
    #expect(expected.count == Self.planted.count)
    let failed = result.layers.filter { !$0.passes }
    #expect(failed.map(\.name) == expected.map(\.name))
    #expect(result.firstCause?.name == expected.first?.name && !result.passes)
  }

  private func model(_ precision: Precision) throws -> Model {
    let model = try SampleWeights.model()
    guard precision != .float32 else { return model }
    let plan = PrecisionPlan(precision)
    return try Model(
      model.network, plan: plan,
      weights: try model.quantized(
        by: plan, statistics: precision == .int8 ? Self.statistics.get() : nil),
      path: precision.rawValue)
  }

  private func verify(_ candidate: Model) throws -> ClipVerification {
    let backend = try Self.backend.get()
    return try ClipVerification(
      reference: try SampleWeights.model(), candidate: candidate, clip: try Self.clip.get(),
      backends: (backend, backend), criteria: .standard(for: candidate.plan))
  }
}

extension DefectTests.Defect {
  /// `entry`, the tensor called `part` of a layer, with the defect.
  fileprivate func planted(
    in entry: TensorArchive.Entry, _ part: String, _ precision: Precision
  ) throws -> TensorArchive.Entry {
    let hasIntegers = precision.hasIntegerWeights
    let tensor = try entry.tensor()
    let shape = tensor.shape
    var floats = FloatTensor(
      shape: shape, values: tensor.numbers(in: 0..<shape.elementCount).map { Float($0) })
    let channel = shape.rank == 0 ? 0 : shape[0] / 3
    let count = shape.rank == 0 ? 0 : shape.elementCount / max(shape[0], 1)
    switch (self, part) {
    case (.scaled, "weight.scale"): floats.values = floats.values.map { $0 * 1.2 }
    case (.scaled, "weight") where !hasIntegers: floats.values = floats.values.map { $0 * 1.02 }
    case (.zeroedChannel, "weight"), (.zeroedChannel, "bias"):
      for index in channel * count..<(channel + 1) * count { floats.values[index] = 0 }
    case (.transposed, "weight"): floats = floats.transposed
    case (.saturated, "weight.scale"): floats.values = floats.values.map { $0 / 8 }
    case (.saturated, "weight") where hasIntegers:
      floats.values = floats.values.map { min(max($0 * 8, -127), 127) }
    case (.saturated, "weight"):
      let limit = (floats.values.map(abs).max() ?? 0) / 8
      floats.values = floats.values.map { min(max($0, -limit), limit) }
    case (.overflowing, "weight") where !hasIntegers, (.overflowing, "bias") where hasIntegers:
      let largest: Float = precision == .float16 ? 65504 : hasIntegers ? 1e30 : 3e38
      for index in channel * count..<(channel + 1) * count { floats.values[index] = largest }
    default: return entry
    }
    return TensorArchive.Entry(
      name: entry.name, tensor: tensor.replacing(with: floats.values))
  }
}

extension FloatTensor {
  /// A kernel with rows for columns; one of a single element with the elements in the order of
  /// inputs and outputs exchanged.
  fileprivate var transposed: FloatTensor {
    let (outputs, inputs, size) = (shape[0], shape[1], shape[2])
    var result = self
    for index in values.indices {
      let (kernel, place) = (index / (size * size), index % (size * size))
      let source =
        size > 1
        ? kernel * size * size + place % size * size + place / size
        : kernel % outputs * inputs + kernel / outputs
      result.values[index] = values[source]
    }
    return result
  }
}

extension Tensor {
  /// A tensor of the same type and shape with these values.
  fileprivate func replacing(with values: [Float]) -> Tensor {
    switch elementType {
    case .int8:
      Tensor(bitPatterns: values.map { Int8($0) }, elementType: .int8, shape: shape)
    case .float16:
      Tensor(bitPatterns: values.map(\.binary16), elementType: .float16, shape: shape)
    default: Tensor(FloatTensor(shape: shape, values: values))
    }
  }
}
