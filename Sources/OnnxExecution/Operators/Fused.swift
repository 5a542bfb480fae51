extension OperatorTable {
  /// Operators to come.
  static let fused: [String: Operator] = [:]
}
