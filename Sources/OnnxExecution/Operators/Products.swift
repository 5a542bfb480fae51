extension OperatorTable {
  /// Operators to come.
  static let products: [String: Operator] = [:]
}
