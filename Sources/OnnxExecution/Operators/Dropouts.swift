extension OperatorTable {
  /// Operators to come.
  static let dropouts: [String: Operator] = [:]
}
