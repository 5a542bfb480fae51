import Foundation
import Tensors

/// A number that products of two are summed of.
protocol Factor: BitwiseCopyable, Sendable, SendableMetatype, ExpressibleByIntegerLiteral {
  /// The type of the sums.
  associatedtype Sum: BitwiseCopyable, Sendable, SendableMetatype, ExpressibleByIntegerLiteral

  /// `sum + left * right`.
  static func accumulate(_ sum: Sum, _ left: Self, _ right: Self) -> Sum
}

/// Products of binary32 numbers are exact in binary64, and summed there.
extension Float: Factor {
  static func accumulate(_ sum: Double, _ left: Float, _ right: Float) -> Double {
    sum + Double(left) * Double(right)
  }
}

extension Double: Factor {
  static func accumulate(_ sum: Double, _ left: Double, _ right: Double) -> Double {
    sum + left * right
  }
}

/// Wraps around, as the sums of quantized operators may.
extension Int32: Factor {
  static func accumulate(_ sum: Int32, _ left: Int32, _ right: Int32) -> Int32 {
    sum &+ left &* right
  }
}

/// Wraps around; narrower integers are wrapped to their range afterwards.
extension Int64: Factor {
  static func accumulate(_ sum: Int64, _ left: Int64, _ right: Int64) -> Int64 {
    sum &+ left &* right
  }
}

extension Factor {
  /// Adds `factor * row[i]` to `sums[i]`, for `count` numbers.
  @inline(__always)
  static func accumulate(
    _ sums: UnsafeMutablePointer<Sum>, _ row: UnsafePointer<Self>, times factor: Self, count: Int
  ) {
    for index in 0..<count {
      unsafe sums[index] = accumulate(sums[index], row[index], factor)
    }
  }
}

/// How plain loops are spread over the processor.
enum Threads {
  /// One for each core.
  static let count = max(1, ProcessInfo.processInfo.activeProcessorCount)

  /// How many of `total` equal rows are made together: a divisor of `total`, so that there is work
  /// for every thread, and at most `most`.
  static func block(of total: Int, most: Int) -> Int {
    var block = max(1, min(most, total))
    while total % block != 0 { block -= 1 }
    return block
  }
}

extension Value {
  /// Numbers of a floating-point type, rounded to `elementType`.
  init(_ elementType: ElementType, _ shape: Shape, rounding numbers: [Double]) {
    if elementType == .float64 {
      self.init(elementType, shape, exact: .double(numbers))
    } else {
      self.init(elementType, shape, floats: numbers.map { Float($0) })
    }
  }

  /// The elements of a floating-point type as binary64 numbers.
  ///
  /// Throws ``OperatorFailure/unsupported(_:)`` for other types.
  func realNumbers() throws -> [Double] {
    guard elementType.isFloatingPoint else { throw Self.unsupported(elementType) }
    return try doubles()
  }
}
