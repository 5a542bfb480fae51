/// Rewrites the steps of a graph into fewer.
struct Fusion {
  private(set) var steps: [Step]
  private let outputs: Set<String>

  init(_ graph: Graph<LayerOperation>) {
    steps = graph.nodes.map(Step.init)
    outputs = Set(graph.outputs.map(\.value))
  }

  /// Folds the batch norms for which `shouldFold` holds, given their layer.
  mutating func foldBatchNorms(where shouldFold: (String) -> Bool = { _ in true }) {
    for batchNorm in steps where shouldFold(batchNorm.layer) {
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

  /// Makes sums whose terms but the first are convolutions a chain of those, and sums of a value
  /// and an upsampling one step.
  mutating func chainSums() {
    for sum in steps where sum.operation == .add {
      let terms = sum.inputs.sorted { (index(of: $0) ?? -1) < (index(of: $1) ?? -1) }
      let chain = terms.dropFirst().compactMap(index(of:))
      guard chain.count == terms.count - 1,
        chain.allSatisfy({ isReadOnce($0) && (canAbsorb($0) || canAddAfterwards($0, of: chain)) }),
        let last = chain.last
      else { continue }
      for (position, target) in chain.enumerated() {
        steps[target].inputs.append(terms[position])
        steps[target].addsResidual = true
      }
      absorb(sum, into: last)
    }
  }

  /// Makes ReLUs part of the convolutions before them.
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

  private func canAddAfterwards(_ index: Int, of chain: [Int]) -> Bool {
    guard chain.count == 1, case .upsample = steps[index].operation else { return false }
    return !steps[index].addsResidual
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
