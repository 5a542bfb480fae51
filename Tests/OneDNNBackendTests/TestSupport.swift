import Foundation
import Networks
import OneDNNBackend
import Quantization
import Tensors

/// The SplitMix64 generator: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension FloatTensor {
  /// Numbers between those of `range`.
  static func random(
    _ shape: Shape, in range: ClosedRange<Float> = -1...1,
    using generator: inout SeededGenerator
  ) -> FloatTensor {
    let step = (range.upperBound - range.lowerBound) / Float(1 << 24)
    return FloatTensor(
      shape: shape,
      values: (0..<shape.elementCount).map { _ in
        range.lowerBound + Float(generator.next() >> 40) * step
      })
  }

  /// The same numbers as bits, so that comparing is comparing bytes.
  var bits: [UInt32] { values.map(\.bitPattern) }

  /// The power of `signal` over that of the difference to it, in dB.
  func signalToNoise(of signal: FloatTensor) -> Float {
    let noise = zip(values, signal.values).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let power = signal.values.reduce(Float(0)) { $0 + $1 * $1 }
    return noise == 0 ? .infinity : 10 * log10(power / noise)
  }

  /// The largest difference to `other` over the largest magnitude.
  func relativeError(to other: FloatTensor) -> Float {
    let differences = zip(values, other.values).map { abs($0 - $1) }
    return (differences.max() ?? 0) / max(other.values.map(abs).max() ?? 0, .leastNormalMagnitude)
  }
}

extension Parameter {
  /// A tensor that a trained network might have here.
  func random(using generator: inout SeededGenerator) -> Tensor {
    if role == .counter { return Tensor(bitPatterns: [0 as Int64], elementType: .int64, shape: []) }
    let isScale = shape.rank == 1 && role == .weight
    let isDeviation = name.hasSuffix(".running_var") || name.hasSuffix(".std")
    let fanIn = shape.rank == 4 ? Float(shape.elementCount / shape[0]) : 1
    let range: ClosedRange<Float> =
      isScale || isDeviation ? 0.5...1.5 : -(1 / fanIn.squareRoot())...(1 / fanIn.squareRoot())
    return .floats(.random(shape, in: range, using: &generator))
  }
}

extension Tensor {
  /// `values` as a file holds them; faster than element by element where nothing is optimized.
  static func floats(_ values: FloatTensor) -> Tensor {
    let bytes = unsafe values.values.withUnsafeBytes { unsafe Array($0) }
    guard
      let tensor = try? Tensor(
        elementType: .float32, shape: values.shape, bytes: TensorBytes(bytes))
    else { preconditionFailure("\(values.shape)") }
    return tensor
  }
}

extension TensorArchive {
  /// A tensor for each of `parameters`.
  static func random(_ parameters: [Parameter], seed: UInt64) throws -> TensorArchive {
    var generator = SeededGenerator(seed: seed)
    return try TensorArchive(
      parameters.map { Entry(name: $0.name, tensor: $0.random(using: &generator)) })
  }

  /// What an int8 model holds of `program`: integer kernels and the quantizations that
  /// `quantization` chooses for its values.
  static func randomIntegers(
    of program: Program, seed: UInt64, keepsLayersApart: Bool = false,
    quantization: (String) -> AffineQuantization
  ) throws -> TensorArchive {
    var generator = SeededGenerator(seed: seed)
    var entries: [Entry] = []
    func add(_ name: String, _ tensor: Tensor) { entries.append(Entry(name: name, tensor: tensor)) }
    for step in program.steps {
      guard let geometry = step.convolution else {
        for parameter in step.operation.parameters(of: step.layer) {
          add(parameter.name, parameter.random(using: &generator))
        }
        continue
      }
      let channels = geometry.outputChannels
      let parts = step.parts.map { ($0.layer, $0.convolution) }
      for (layer, kernel) in keepsLayersApart && step.readsImages ? parts : [(step.layer, geometry)]
      {
        let shape = kernel.kernelShape
        let spread = Float(shape.elementCount / channels).squareRoot()
        add(
          "\(layer).weight",
          Tensor(
            bitPatterns: (0..<shape.elementCount).map { _ in
              Int8(truncatingIfNeeded: max(generator.next() >> 56, 1) &+ 128)
            }, elementType: .int8, shape: shape))
        add(
          "\(layer).weight.scale",
          .floats(.random([channels], in: 0.005 / spread...0.02 / spread, using: &generator)))
      }
      for parameter in step.parts.compactMap(\.normalization).flatMap(\.parameters) {
        add(parameter.name, parameter.random(using: &generator))
      }
      guard step.hasBias else { continue }
      add("\(step.layer).bias", .floats(.random([channels], using: &generator)))
    }
    for value in (program.inputs + program.steps.map(\.name))
    where program.integerValues.contains(value) {
      let held = quantization(value)
      for name in program.quantizationNames(of: value) {
        entries += Self.quantization(named: name, held)
      }
    }
    return try TensorArchive(entries)
  }

  /// What a model file says of a value that is held as `held`: `NAME.scale` and
  /// `NAME.zero_point`.
  static func quantization(named name: String, _ held: AffineQuantization) -> [Entry] {
    [
      Entry(
        name: "\(name).scale", tensor: Tensor(FloatTensor(shape: [], values: [held.scale]))),
      Entry(
        name: "\(name).zero_point",
        tensor: Tensor(
          bitPatterns: [UInt8(truncatingIfNeeded: held.zeroPoint)],
          elementType: held.elementType, shape: [])),
    ]
  }
}

extension Precision {
  /// The precisions that oneDNN runs on this processor.
  static var runnable: [Precision] {
    allCases.filter { $0 != .int8 || OneDNNBackend.runsIntegers }
  }
}

extension Program {
  /// How the values of an int8 program are held, by the rules of calibration: all of them
  /// between -4 and 4.
  func quantization(of value: String) -> AffineQuantization {
    let owner = quantizationOwner(of: value)
    let step = step(owner)
    if step?.appliesReLU == true { return .nonNegative(maximum: 4) }
    let isResidual = steps.contains { $0.addsResidual && $0.inputs.last == owner }
    return isResidual ? .symmetric(magnitude: 4) : .asymmetric(minimum: -3, maximum: 4)
  }
}
