extension OperatorTable {
  /// Operators to come.
  static let normalizations: [String: Operator] = [:]
}
