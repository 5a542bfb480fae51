extension OperatorTable {
  /// Operators to come.
  static let shapes: [String: Operator] = [:]
}
