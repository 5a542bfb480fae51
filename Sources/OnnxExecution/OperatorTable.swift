/// The operators that the suite runs, by domain and name.
enum OperatorTable {
  /// The versions of the standard operator set that there are.
  static let published = 1...28

  /// The versions that operators are known for unless they say otherwise.
  static let opsets = 6...28

  /// The operator `type` of `domain`, or nil.
  static func `operator`(_ type: String, domain: String) -> Operator? {
    switch domain {
    case "": standard[type]
    case microsoft.domain: microsoft.operators[type]
    default: nil
    }
  }

  private static let standard = [
    activations, arithmetic, comparisons, casts, reductions, products, normalizations,
    convolutions, poolings, quantized, rearrangements, selections, shapes, resizings, dropouts,
  ].reduce(into: [:]) { table, part in
    table.merge(part) { _, _ in preconditionFailure("an operator stands in two tables") }
  }

  /// What onnxruntime's optimizer puts in the place of standard operators.
  private static let microsoft = (domain: "com.microsoft", operators: fused)
}
