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

  /// Folds normalizations into the convolutions after them, and merges those with the convolutions
  /// that they are added to.
  mutating func foldNormalizations() {
    for normalize in steps {
      guard case .normalize(let module, let channels) = normalize.operation,
        let before = index(of: normalize.name), isReadOnce(before),
        let after = steps.firstIndex(where: { $0.inputs.first == normalize.name }),
        let convolution = steps[after].convolution
      else { continue }
      let folded = FoldedNormalization(
        layer: normalize.layer, module: module, channels: channels)
      steps[after].parts = [
        ConvolutionPart(
          layer: steps[after].layer, convolution: convolution, normalization: folded)
      ]
      steps[after].inputs[0] = normalize.inputs[0]
      steps[after].covers = normalize.covers + steps[after].covers
      steps.remove(at: before)
    }
    for sum in steps where sum.operation == .add { merge(sum) }
  }

  /// Makes `sum` one convolution, where its terms are convolutions of one geometry of which one
  /// normalizes an image.
  private mutating func merge(_ sum: Step) {
    let terms = sum.inputs.compactMap(index(of:))
    let geometries = terms.compactMap { steps[$0].convolution }
    guard terms.count == sum.inputs.count, terms.allSatisfy({ isReadOnce($0) && canAbsorb($0) }),
      terms.contains(where: { steps[$0].readsImages }), geometries.count == terms.count,
      let first = terms.first, Set(geometries.map { $0.reading(1) }).count == 1,
      geometries.allSatisfy({ !$0.hasBias }),
      Set(terms.map { steps[$0].batchNorm?.layer }).count == 1
    else { return }
    var merged = steps[first]
    merged.parts = terms.flatMap { term in
      steps[term].parts.isEmpty
        ? [
          ConvolutionPart(
            layer: steps[term].layer,
            convolution: geometries[0].reading(
              steps[term].convolution?.inputChannels ?? 0), normalization: nil)
        ] : steps[term].parts
    }
    let channels = geometries.map(\.inputChannels).reduce(0, +)
    merged.operation = .convolution(geometries[0].reading(channels))
    let module = sum.layer.split(separator: ".", omittingEmptySubsequences: false).dropLast()
    let images = Step(
      concatenating: terms.map { steps[$0].inputs[0] },
      as: (module + ["concatenate"]).joined(separator: "."))
    merged.inputs = [images.name]
    merged.covers = terms.flatMap { steps[$0].covers } + sum.covers
    merged.name = sum.name
    guard let position = index(of: sum.name) else { return }
    steps[position] = merged
    steps.insert(images, at: position)
    let names = Set(sum.inputs)
    steps.removeAll { names.contains($0.name) && $0.name != merged.name }
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
