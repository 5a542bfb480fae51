public import Tensors

/// A dense tensor of numbers of one precision, row-major.
public struct Numbers<Scalar: Real>: Sendable, Equatable {
  /// The dimensions, outermost first; images and activations are `[N, C, H, W]`.
  public let shape: Shape
  /// The elements, row-major.
  public var values: [Scalar]

  /// A tensor of `values`, whose number must be that of `shape`.
  public init(shape: Shape, values: [Scalar]) {
    precondition(values.count == shape.elementCount, "\(values.count) values for \(shape)")
    self.shape = shape
    self.values = values
  }

  /// A tensor of zeros.
  public init(zeros shape: Shape) {
    self.init(shape: shape, values: [Scalar](repeating: 0, count: shape.elementCount))
  }

  /// The numbers of `tensor`, exactly.
  public init(_ tensor: FloatTensor) {
    // By way of `Any` the array is cast at once, otherwise element by element.
    let values = (tensor.values as Any) as? [Scalar]
    self.init(shape: tensor.shape, values: values ?? tensor.values.map { Scalar($0) })
  }

  /// The numbers, rounded to binary32.
  public var floats: FloatTensor {
    FloatTensor(shape: shape, values: (values as Any) as? [Float] ?? values.map { Float($0) })
  }
}
