import OnnxFiles
import Tensors

extension OperatorCall {
  /// The settings with which operators up to operator set 6 ask for broadcasting.
  static let broadcastAttributes: Set<String> = ["axis", "broadcast"]

  /// Two operands of one type, and how they are broadcast.
  ///
  /// Up to operator set 6, the second operand is repeated over the first one only where `broadcast`
  /// is 1, from dimension `axis` on; there the settings of ``broadcastAttributes`` are read.
  /// Throws ``OperatorFailure`` for operands that do not fit each other.
  func pair() throws -> (left: Value, right: Value, broadcast: Broadcast) {
    let (left, right) = (try input(0), try input(1))
    try Self.requireSameType(left, right)
    return (left, right, try broadcast(left.shape, right.shape))
  }

  /// How the operands of two shapes are broadcast; see ``pair()``.
  func broadcast(_ left: Shape, _ right: Shape) throws -> Broadcast {
    guard opset < 7 else {
      let legacy = Self.broadcastAttributes.filter { operation.attributes[$0] != nil }.sorted()
      guard legacy.isEmpty else {
        throw OperatorFailure.unsupported(
          "attribute '\(legacy.joined(separator: "', '"))' is supported up to operator set 6 only")
      }
      return try Broadcast(left, right)
    }
    guard try flag("broadcast") else {
      guard left == right else {
        throw OperatorFailure.malformed(
          "without 'broadcast': expected two equal shapes, found \(left) and \(right)")
      }
      return try Broadcast(left, right)
    }
    let aligned = right.elementCount == 1 ? [] : right.dimensions
    let start = aligned.isEmpty ? left.rank : try integer("axis") ?? left.rank - aligned.count
    guard start >= 0, start <= left.rank - aligned.count,
      zip(left.dimensions[start...], aligned).allSatisfy({ $1 == $0 || $1 == 1 })
    else {
      throw OperatorFailure.malformed(
        "broadcast: expected a part of \(left) from dimension \(start) on, found \(right)")
    }
    let behind = [Int](repeating: 1, count: left.rank - start - aligned.count)
    return try Broadcast(left, Self.shape(aligned + behind))
  }

  /// Throws ``OperatorFailure/malformed(_:)`` where two operands differ in type.
  static func requireSameType(_ left: Value, _ right: Value) throws {
    guard left.elementType == right.elementType else {
      throw OperatorFailure.malformed(
        "expected operands of one type, found \(left.elementType.rawValue) and "
          + right.elementType.rawValue)
    }
  }
}
