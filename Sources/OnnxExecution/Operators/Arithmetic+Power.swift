import Foundation
import Tensors

extension OperatorTable {
  /// Powers, in the type of the base.
  ///
  /// Exponents of other types than the base are computed in binary64. Whole powers of integers wrap
  /// around; what is not a whole number is cut off as ``Value/casted(to:)`` does.
  static func power(_ call: OperatorCall) throws -> [Value] {
    let (base, exponent) = (try call.input(0), try call.input(1))
    guard call.opset >= 12 || base.elementType == exponent.elementType else {
      try OperatorCall.requireSameType(base, exponent)
      return []
    }
    let broadcast = try call.broadcast(base.shape, exponent.shape)
    let (type, shape) = (base.elementType, broadcast.shape)
    switch (try base.elements, try exponent.elements) {
    case (_, .bool), (.bool, _): throw Value.unsupported(.bool)
    case (.unsigned, _): throw Value.unsupported(type)
    case (.float(let x), .float([2])):
      return [Value(type, shape, floats: broadcast.expandLeft(x).mapped { $0 * $0 })]
    case (.float(let x), .float(let y)):
      return [Value(type, shape, floats: broadcast.combine(x, y, powf))]
    case (.integer(let x), .integer(let y)):
      var hasPole = false
      let powers = broadcast.combine(x, y) { base, exponent in
        hasPole = hasPole || base == 0 && exponent < 0
        return wholePower(base, exponent)
      }
      guard !hasPole else {
        throw OperatorFailure.malformed("expected no negative power of the integer 0")
      }
      return [Value(type, shape, wrapping: powers)]
    case (.float(let x), _):
      let powers = broadcast.combine(x, try exponent.doubles()) { Float(pow(Double($0), $1)) }
      return [Value(type, shape, floats: powers)]
    case (.double, _), (.integer, _):
      let powers = broadcast.combine(try base.doubles(), try exponent.doubles(), pow)
      return [try Value(.float64, shape, exact: .double(powers)).casted(to: type)]
    }
  }

  /// A power of an integer, wrapped around to 64 bits; 0 where it is a fraction.
  private static func wholePower(_ base: Int64, _ exponent: Int64) -> Int64 {
    guard exponent >= 0 else {
      return switch base {
      case 1: 1
      case -1: exponent % 2 == 0 ? 1 : -1
      default: 0
      }
    }
    var (result, square, rest) = (1 as Int64, base, exponent)
    while rest > 0 {
      if rest % 2 == 1 { result = result &* square }
      square = square &* square
      rest /= 2
    }
    return result
  }
}
