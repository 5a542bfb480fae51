import Files
public import Networks

extension PrecisionPlan {
  /// What keeps the plan from being one for the deployed `programs` of a network: names that are no
  /// layers or memories, and precisions that these cannot have. Each is one line.
  public func problems(in programs: [Program]) -> [String] {
    exceptions.sorted { $0.key < $1.key }.compactMap { problem(of: $0, $1, programs) }
      + memories.sorted { $0.key < $1.key }.compactMap { name, precision in
        let known = programs.flatMap { $0.memories.sorted() }
        guard known.contains(name) else {
          return "memory '\(name)': expected \(known.joined(separator: " or "))"
        }
        guard precision == .w8 else { return nil }
        return "memory '\(name)': expected fp32, fp16, bf16 or int8, found w8, which is of weights"
      }
  }

  private func problem(
    of layer: String, _ precision: Precision, _ programs: [Program]
  ) -> String? {
    let steps = programs.flatMap(\.steps)
    guard let step = steps.first(where: { $0.layer == layer }) else {
      if let whole = steps.first(where: {
        $0.covers.contains(layer) || $0.batchNorm?.layer == layer
      }) {
        return "layer '\(layer)': expected a layer by itself, found a part of '\(whole.layer)'"
      }
      if programs.contains(where: { $0.memories.contains(layer) }) {
        return "layer '\(layer)': expected a layer, found a memory, which stands under \"memory\""
      }
      let layers = steps.filter(\.hasOwnPrecision).map(\.layer)
      let nearest = NameSimilarity.nearest(to: layer, among: layers).map { " such as '\($0)'" }
      return "layer '\(layer)': expected a layer of the network\(nearest.first ?? ""), found none"
    }
    guard step.hasOwnPrecision else {
      return "layer '\(layer)': expected a convolution, a normalization or the memory read, "
        + "found a layer that follows '\(step.inputs[0])'"
    }
    guard step.convolution == nil, precision.hasIntegerWeights else { return nil }
    return "layer '\(layer)': expected fp32, fp16 or bf16, since it is no convolution, "
      + "found \(precision.rawValue)"
  }
}
