extension OperatorTable {
  /// Operators to come.
  static let comparisons: [String: Operator] = [:]
}
