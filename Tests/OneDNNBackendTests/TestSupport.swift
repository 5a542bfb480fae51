import Foundation
import Networks
import OneDNNBackend
import Quantization
import Tensors
import TestSupport

extension FloatTensor {
  /// The power of `signal` over that of the difference to it, in dB.
  func signalToNoise(of signal: FloatTensor) -> Float {
    let noise = zip(values, signal.values).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let power = signal.values.reduce(Float(0)) { $0 + $1 * $1 }
    return noise == 0 ? .infinity : 10 * log10(power / noise)
  }
}

extension TensorArchive {
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
          Tensor(.random([channels], in: 0.005 / spread...0.02 / spread, using: &generator)))
      }
      for parameter in step.parts.compactMap(\.normalization).flatMap(\.parameters) {
        add(parameter.name, parameter.random(using: &generator))
      }
      guard step.hasBias else { continue }
      add("\(step.layer).bias", Tensor(.random([channels], using: &generator)))
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
