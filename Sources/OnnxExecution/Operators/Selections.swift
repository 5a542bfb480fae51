extension OperatorTable {
  /// Operators to come.
  static let selections: [String: Operator] = [:]
}
