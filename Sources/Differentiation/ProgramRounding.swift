/// What the values of a program are rounded to, so that training sees what deployment computes.
public struct ProgramRounding<Scalar: Real>: Sendable {
  /// How values are held, by name; inputs included. What is absent is not rounded.
  public var held: [String: FakeQuantization<Scalar>]
  /// How steps read operands that they round for themselves, by the step's name and the operand's
  /// number.
  public var operands: [String: [Int: FakeQuantization<Scalar>]]
  /// How steps that normalize images round those afterwards, by the step's name.
  public var normalized: [String: FakeQuantization<Scalar>]

  /// Nothing is rounded but what is said.
  public init(
    held: [String: FakeQuantization<Scalar>] = [:],
    operands: [String: [Int: FakeQuantization<Scalar>]] = [:],
    normalized: [String: FakeQuantization<Scalar>] = [:]
  ) {
    self.held = held
    self.operands = operands
    self.normalized = normalized
  }
}
