public import Tensors

/// What is done to tensors of an export on their way to a parameter.
public enum Transform: Sendable, Hashable, CustomStringConvertible {
  /// What operators of the graph make of constants; the last of them.
  case compute(String)
  /// The usual order of a kernel whose channels lie in blocks, and no channels but its own; the
  /// layout, as in `OIHW16i16o`.
  case unblock(String)
  /// The axes in another order.
  case axes([Int])
  /// A part of an axis.
  case slice(axis: Int, Range<Int>)
  /// An axis the other way round.
  case reverse(axis: Int)
  /// The tensors behind one another along an axis.
  case concatenate(axis: Int)
  /// The same elements in another shape.
  case reshape(Shape)
  /// `1 / x`.
  case reciprocal
  /// `-x`.
  case negative
  /// Elements of one type as those of another.
  case convert(from: ElementType, to: ElementType)
  /// A batch norm, or a constant scale and shift, multiplied into the kernel.
  case fold(String)
  /// The convolution's bias taken from the running mean.
  case absorbBias(String)

  public var description: String {
    switch self {
    case .compute(let name): "computed by \(name)"
    case .unblock(let layout): "unblock \(layout)"
    case .axes(let order): "axes \(order)"
    case .slice(let axis, let range):
      "slice \(range.lowerBound)..<\(range.upperBound) of axis \(axis)"
    case .reverse(let axis): "reverse axis \(axis)"
    case .concatenate(let axis): "concatenate along axis \(axis)"
    case .reshape(let shape): "reshape to \(shape)"
    case .reciprocal: "1 / x"
    case .negative: "-x"
    case .convert(let from, let to): "\(from.rawValue) to \(to.rawValue)"
    case .fold(let layer): "fold \(layer)"
    case .absorbBias(let bias): "less \(bias)"
    }
  }
}
