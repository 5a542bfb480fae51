import Networks
public import Quantization
import STMModel
public import Tensors

extension Model {
  /// The names, types and shapes of the tensors that
  /// ``quantized(by:statistics:method:quantizing:)`` gives for `plan`, in its order: enough to tell how
  /// large a file is, and nothing to read. `equalizes` says whether channels are scaled; groups with
  /// a range that somebody decided on count as scaled.
  ///
  /// Throws ``ModelError/alreadyQuantized(path:precision:source:)`` or `QuantizationError.plan`.
  public func outline(
    of plan: PrecisionPlan, equalizes: Bool = false
  ) throws -> TensorArchive {
    try requireFloat32()
    try network.check(plan, of: path)
    let entries = network.deployedPrograms.flatMap { program in
      let folded = Set(
        program.steps.compactMap(\.batchNorm).filter(\.providesShift).map(\.layer))
      let scaled = equalizes ? program.factorNames(in: network.deployedPrograms) : []
      let parameters = program.parameters(in: plan, folded: folded).filter {
        !$0.isOptional || $0.role == .factor && scaled.contains($0.name)
      }
      let ofSteps = program.steps.flatMap { step -> [String] in
        guard step.convolution != nil else {
          return step.operation.parameters(of: step.layer).map(\.name)
        }
        let constants = step.parts.compactMap(\.normalization).flatMap(\.parameters).map(\.name)
        let kernels = step.layers.flatMap { ["\($0).weight", "\($0).weight.scale"] }
        return constants + kernels + ["\(step.layer).bias"]
      }
      let places = Dictionary(
        zip(ofSteps, ofSteps.indices), uniquingKeysWith: { first, _ in first })
      return parameters.enumerated()
        .sorted {
          (places[$0.element.name] ?? .max, $0.offset) < (
            places[$1.element.name] ?? .max, $1.offset
          )
        }
        .map { outlined($0.element) }
    }
    return try TensorArchive(entries)
  }

  private func outlined(_ parameter: Parameter) -> TensorArchive.Entry {
    let type =
      parameter.elementTypes.first ?? weights[parameter.name]?.elementType ?? .float32
    return TensorArchive.Entry(
      name: parameter.name, elementType: type, shape: parameter.shape, source: path
    ) { preconditionFailure("'\(parameter.name)' is an outline") }
  }
}
