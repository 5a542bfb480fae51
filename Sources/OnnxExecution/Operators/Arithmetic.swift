extension OperatorTable {
  /// Operators to come.
  static let arithmetic: [String: Operator] = [:]
}
