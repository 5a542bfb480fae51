import Execution
import Networks
import Quantization
import STMModel
import Tensors

/// One of the two models of a case, as far as one step needs it.
struct ReproSide: Sendable {
  let step: Step
  let bound: BoundProgram
  /// The tensors of the model file that the step needs.
  let weights: TensorArchive

  /// The step called `name` of `network` by `plan`, with what it needs of `weights`.
  ///
  /// Throws ``FindingError/noLayer(_:nearest:)`` or what binding throws.
  init(
    _ name: String, of network: STMNetwork, plan: PrecisionPlan, weights: TensorArchive,
    topK: Int?
  ) throws {
    let step = try ReproCase.step(name, of: network)
    guard let program = network.deployedPrograms.first(where: { $0.steps.contains(step) }) else {
      preconditionFailure("no program has step '\(step.name)'")
    }
    let names = step.tensorNames(in: program, plan)
    let needed = try TensorArchive(weights.entries.filter { names.contains($0.name) })
    self.step = step
    self.weights = needed
    bound = try BoundProgram(program, plan: plan, weights: needed, topK: topK, alone: step.name)
  }

  /// What the step makes of `inputs` on `backend`, in the network's units both. Throws what compiling
  /// and running throw.
  func run(_ inputs: [FloatTensor], on backend: any Backend) throws -> FloatTensor {
    let scaled = zip(step.inputs, inputs).map { name, value in
      bound.factors[name].map { value.mappingChannels($0, /) } ?? value
    }
    let value = try backend.compile(bound).run(step: step.name, inputs: scaled)
    return bound.factors[step.name].map { value.mappingChannels($0, *) } ?? value
  }
}

extension Step {
  /// The names of the tensors that a model file of any plan may hold for the step, and of those of
  /// `plan` that say how the values of `program` that it reads and makes are held.
  fileprivate func tensorNames(in program: Program, _ plan: PrecisionPlan) -> Set<String> {
    var names = Set(operation.parameters(of: layer).map(\.name))
    names.formUnion(parts.compactMap(\.normalization).flatMap(\.parameters).map(\.name))
    names.formUnion(layers.flatMap { ["\($0).weight", "\($0).weight.scale"] } + ["\(layer).bias"])
    if let norm = batchNorm {
      names.formUnion(
        LayerOperation.batchNormalization(norm.normalization).parameters(of: norm.layer)
          .map(\.name))
    }
    for value in inputs + [name] {
      names.insert("\(program.factorOwner(of: value)).factor")
      for name in program.quantizationNames(of: value, in: plan) {
        names.formUnion(["\(name).scale", "\(name).zero_point"])
      }
    }
    return names
  }
}
