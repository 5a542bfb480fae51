import Foundation
public import Models
import Networks
import Quantization
public import STMModel
public import Tensors

extension Model {
  /// A binary32 model to be trained: the tensors of `given`, and for whatever it lacks what training
  /// begins with.
  ///
  /// Kernels are normally distributed with the variance `2 / (in * kh * kw)`, which ReLUs keep (He et
  /// al., *Delving Deep into Rectifiers*, ICCV 2015, equation 10); batch norms change nothing;
  /// frames are normalized as ImageNet's. A tensor's numbers follow from `seed` and its place in the
  /// network, whatever else is given. Throws `ModelError.misfit` where `given` does not fit; `path` is
  /// for messages.
  public init(
    untrained network: STMNetwork, seed: UInt64, keeping given: TensorArchive, path: String
  ) throws {
    let plan = PrecisionPlan(.float32)
    let places = Dictionary(
      network.parameters.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    let parameters = network.parameters(in: plan, foldedWhereIn: given)
    let names = Set(parameters.map(\.name))
    let entries =
      parameters.filter { $0.role != .factor && given[$0.name] == nil }.map { parameter in
        TensorArchive.Entry(
          name: parameter.name,
          tensor: parameter.untrained(
            SplitMix64(seed: seed, step: 0, position: places[parameter.name] ?? 0)))
      } + given.entries
    let order = Dictionary(
      parameters.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    try self.init(
      network, plan: plan,
      weights: TensorArchive(
        entries.sorted { (order[$0.name] ?? names.count) < (order[$1.name] ?? names.count) }),
      path: path)
  }
}

extension Parameter {
  /// What training begins with.
  fileprivate func untrained(_ random: consuming SplitMix64) -> Tensor {
    switch role {
    case .counter: return Tensor(bitPatterns: [Int64(0)], elementType: .int64, shape: shape)
    case .statistic:
      let usual = ImageNormalization.imageNet
      switch name.split(separator: ".").last {
      case "mean": return Tensor(FloatTensor(shape: shape, values: usual.mean))
      case "std": return Tensor(FloatTensor(shape: shape, values: usual.deviation))
      case "running_var": return filled(with: 1)
      default: return filled(with: 0)
      }
    case .weight where shape.rank == 4:
      let deviation = (2 / Double(shape.elementCount / shape[0])).squareRoot()
      return Tensor(
        FloatTensor(
          shape: shape,
          values: (0..<shape.elementCount).map { _ in Float(deviation * random.normal()) }))
    case .weight, .factor: return filled(with: 1)
    case .bias: return filled(with: 0)
    }
  }

  private func filled(with value: Float) -> Tensor {
    Tensor(FloatTensor(shape: shape, values: [Float](repeating: value, count: shape.elementCount)))
  }
}

extension SplitMix64 {
  /// A number of mean 0 and variance 1 (Box and Muller, *A Note on the Generation of Random Normal
  /// Deviates*, 1958).
  fileprivate mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
