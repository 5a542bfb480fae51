extension Program {
  /// The `deployed` program: batch norms folded, convolution + addition + ReLU fused.
  ///
  /// The rules, each applied wherever it fits:
  /// 1. A batch norm folds into the convolution before it, or into every convolution of the sum
  ///    before it.
  /// 2. A sum whose terms but the first are convolutions becomes their chain: each convolution
  ///    adds the result of the one before it.
  /// 3. A ReLU fuses into the convolution before it.
  ///
  /// A layer is absorbed only when nothing else reads its value.
  public init(deploying graph: Graph<LayerOperation>) {
    var fusion = Fusion(graph)
    fusion.foldBatchNorms()
    fusion.chainSums()
    fusion.fuseReLUs()
    self.init(graph, steps: fusion.steps)
  }
}

/// The rewriting behind ``Program/init(deploying:)``.
private struct Fusion {
  private(set) var steps: [Step]
  private let outputs: Set<String>

  init(_ graph: Graph<LayerOperation>) {
    steps = graph.nodes.map(Step.init)
    outputs = Set(graph.outputs.map(\.value))
  }

  mutating func foldBatchNorms() {
    for batchNorm in steps {
      guard case .batchNormalization(let normalization) = batchNorm.operation,
        let before = index(of: batchNorm.inputs[0]), isReadOnce(before)
      else { continue }
      var targets = [before]
      if steps[before].operation == .add {
        targets = steps[before].inputs.compactMap(index(of:))
        guard targets.count == steps[before].inputs.count, targets.allSatisfy(isReadOnce)
        else { continue }
      }
      guard targets.allSatisfy({ canAbsorb($0) && steps[$0].batchNorm == nil }) else { continue }
      for (position, target) in targets.enumerated() {
        steps[target].batchNorm = FoldedBatchNorm(
          layer: batchNorm.layer, normalization: normalization, providesShift: position == 0)
      }
      absorb(batchNorm, into: before)
    }
  }

  mutating func chainSums() {
    for sum in steps where sum.operation == .add {
      let terms = sum.inputs.sorted { (index(of: $0) ?? -1) < (index(of: $1) ?? -1) }
      let chain = terms.dropFirst().compactMap(index(of:))
      guard chain.count == terms.count - 1,
        chain.allSatisfy({ canAbsorb($0) && isReadOnce($0) }), let last = chain.last
      else { continue }
      for (position, target) in chain.enumerated() {
        steps[target].inputs.append(terms[position])
        steps[target].addsResidual = true
      }
      absorb(sum, into: last)
    }
  }

  mutating func fuseReLUs() {
    for relu in steps where relu.operation == .relu {
      guard let before = index(of: relu.inputs[0]), isReadOnce(before),
        steps[before].convolution != nil, !steps[before].appliesReLU
      else { continue }
      steps[before].appliesReLU = true
      absorb(relu, into: before)
    }
  }

  private func index(of value: String) -> Int? { steps.firstIndex { $0.name == value } }

  private func canAbsorb(_ index: Int) -> Bool {
    steps[index].convolution != nil && !steps[index].addsResidual && !steps[index].appliesReLU
  }

  private func isReadOnce(_ index: Int) -> Bool {
    let name = steps[index].name
    return !outputs.contains(name)
      && steps.reduce(0) { $0 + $1.inputs.count { $0 == name } } == 1
  }

  /// Removes `step`; the step at `target` takes over its layers, its name and its place.
  private mutating func absorb(_ step: Step, into target: Int) {
    var absorbing = steps[target]
    absorbing.covers += step.covers
    absorbing.name = step.name
    steps[target] = absorbing
    steps.removeAll { $0 == step }
  }
}
