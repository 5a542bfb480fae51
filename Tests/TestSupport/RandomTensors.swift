public import Models
public import Networks
import Quantization
public import STMModel
public import Tensors

extension FloatTensor {
  /// Numbers between those of `range`.
  public static func random(
    _ shape: Shape, in range: ClosedRange<Float> = -1...1, using generator: inout SeededGenerator
  ) -> FloatTensor {
    FloatTensor(
      shape: shape,
      values: (0..<shape.elementCount).map { _ in Float.random(in: range, using: &generator) })
  }

  /// The elements as bits, so that comparing is comparing bytes.
  public var bits: [UInt32] { values.map(\.bitPattern) }

  /// The largest difference to `other` over its largest magnitude.
  public func relativeError(to other: FloatTensor) -> Float {
    let differences = zip(values, other.values).map { abs($0 - $1) }
    return (differences.max() ?? 0) / max(other.values.map(abs).max() ?? 0, .leastNormalMagnitude)
  }
}

extension TensorArchive {
  /// The tensor called `name`.
  public func floats(_ name: String) throws -> FloatTensor {
    guard let entry = self[name] else { throw ParameterError.missing(name) }
    return try entry.tensor().floats()
  }

  /// A tensor for each of `parameters`.
  public static func random(_ parameters: [Parameter], seed: UInt64) throws -> TensorArchive {
    var generator = SeededGenerator(seed: seed)
    return try TensorArchive(
      parameters.map { parameter in
        Entry(name: parameter.name, tensor: parameter.random(using: &generator))
      })
  }

  /// The same tensors, those that `changes` names with other elements at the indices for which it
  /// has any.
  public func changing(_ changes: [String: (Int) -> Float?]) throws -> TensorArchive {
    try TensorArchive(
      entries.map { entry in
        guard let change = changes[entry.name] else { return entry }
        var tensor = try entry.tensor().floats()
        for index in tensor.values.indices {
          tensor.values[index] = change(index) ?? tensor.values[index]
        }
        return Entry(name: entry.name, tensor: Tensor(tensor))
      })
  }

  /// A binary32 archive of `tensors`.
  public init(_ tensors: KeyValuePairs<String, FloatTensor>) throws {
    try self.init(tensors.map { Entry(name: $0.key, tensor: Tensor($0.value)) })
  }
}

extension Parameter {
  /// A tensor that a trained network might have here.
  public func random(using generator: inout SeededGenerator) -> Tensor {
    if role == .counter { return Tensor(bitPatterns: [0 as Int64], elementType: .int64, shape: []) }
    let isScale = shape.rank == 1 && role == .weight
    let isDeviation = name.hasSuffix(".running_var") || name.hasSuffix(".std")
    let fanIn = shape.rank == 4 ? Float(max(shape.elementCount / shape[0], 1)) : 1
    let limit = 1 / fanIn.squareRoot()
    let range: ClosedRange<Float> = isScale || isDeviation ? 0.5...1.5 : -limit...limit
    return Tensor(.random(shape, in: range, using: &generator))
  }
}

extension Model {
  /// A binary32 model of random tensors, of whose elements those are others for which `changes` has
  /// any.
  public static func random(
    _ configuration: STMConfiguration = .tiny, changing changes: [String: (Int) -> Float?] = [:],
    seed: UInt64 = 1, path: String = "tiny"
  ) throws -> Model {
    let network = STMNetwork(configuration)
    return try Model(
      network, precision: .float32,
      weights: try TensorArchive.random(network.parameters, seed: seed).changing(changes),
      path: path)
  }
}

extension STMConfiguration {
  /// A network small enough to run in plain loops.
  public static let tiny = STMConfiguration(
    trunkWidth: 2, blocks: [1, 1, 1], keyChannels: 4, valueChannels: 6, decoderChannels: 4)
}
