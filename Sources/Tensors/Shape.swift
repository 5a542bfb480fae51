/// The dimensions of a tensor, outermost first, as in `[N, C, H, W]`; `[]` is a scalar.
public struct Shape: Hashable, Sendable {
  /// The extent of every dimension, each at least 0.
  public let dimensions: [Int]

  /// The product of the dimensions: 1 for a scalar.
  public let elementCount: Int

  /// Checks `dimensions`: none negative, and 8 bytes for every element countable in an `Int`.
  ///
  /// Throws ``TensorError/impossibleShape(_:)``.
  public init(checking dimensions: [Int]) throws(TensorError) {
    var count = 1
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow, product <= Int.max / 8 else {
        throw .impossibleShape(dimensions)
      }
      count = product
    }
    self.dimensions = dimensions
    elementCount = count
  }

  /// A shape that the program itself made; an impossible one is a defect of ours.
  public init(_ dimensions: [Int]) {
    guard let shape = try? Shape(checking: dimensions) else {
      preconditionFailure("impossible shape \(dimensions)")
    }
    self = shape
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The extent of dimension `index`, counted from the outermost.
  public subscript(index: Int) -> Int { dimensions[index] }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// `[64, 3, 7, 7]`, as in Swift and Python.
  public var description: String { "\(dimensions)" }
}
