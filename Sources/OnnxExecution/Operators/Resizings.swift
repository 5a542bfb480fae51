extension OperatorTable {
  /// Operators to come.
  static let resizings: [String: Operator] = [:]
}
