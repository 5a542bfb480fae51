extension OperatorTable {
  /// Operators to come.
  static let quantized: [String: Operator] = [:]
}
