extension OperatorTable {
  /// Operators to come.
  static let activations: [String: Operator] = [:]
}
