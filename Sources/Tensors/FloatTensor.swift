/// A dense tensor of binary32 numbers, row-major: what the network computes with.
public struct FloatTensor: Sendable, Equatable {
  /// The dimensions, outermost first; images and activations are `[N, C, H, W]`.
  public let shape: Shape

  /// The elements, row-major.
  public var values: [Float]

  /// A tensor of `values`, whose number must be that of `shape`.
  public init(shape: Shape, values: [Float]) {
    precondition(values.count == shape.elementCount, "\(values.count) values for \(shape)")
    self.shape = shape
    self.values = values
  }

  /// A tensor of zeros.
  public init(zeros shape: Shape) {
    self.init(shape: shape, values: [Float](repeating: 0, count: shape.elementCount))
  }

  /// Part `index` of the outermost dimension, which it keeps with extent 1.
  public func slice(_ index: Int) -> FloatTensor {
    let count = shape.elementCount / shape[0]
    return FloatTensor(
      shape: Shape([1] + shape.dimensions.dropFirst()),
      values: Array(values[index * count..<(index + 1) * count]))
  }

  /// Tensors of equal shape behind one another along the outermost dimension.
  public init(stacking parts: [FloatTensor]) {
    guard let first = parts.first else { preconditionFailure("nothing to stack") }
    precondition(
      parts.allSatisfy { $0.shape.dimensions.dropFirst() == first.shape.dimensions.dropFirst() })
    self.init(
      shape: Shape([parts.map { $0.shape[0] }.reduce(0, +)] + first.shape.dimensions.dropFirst()),
      values: parts.flatMap(\.values))
  }
}
