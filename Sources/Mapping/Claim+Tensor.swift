import Tensors

extension Claim {
  /// The shape that the transforms give, or nil where they do not apply.
  var shape: Shape? {
    guard var shape = concatenatedShape else { return nil }
    for transform in transforms {
      switch transform {
      case .axes(let order):
        guard order.sorted() == Array(0..<shape.rank) else { return nil }
        shape = Shape(order.map { shape[$0] })
      case .slice(let axis, let range):
        guard axis >= 0, axis < shape.rank, range.lowerBound >= 0, range.upperBound <= shape[axis]
        else {
          return nil
        }
        var dimensions = shape.dimensions
        dimensions[axis] = range.count
        shape = Shape(dimensions)
      case .reshape(let other):
        guard other.elementCount == shape.elementCount else { return nil }
        shape = other
      case .compute, .unblock, .reverse, .concatenate, .reciprocal, .negative, .convert, .fold,
        .absorbBias:
        break
      }
    }
    return shape
  }

  private var concatenatedShape: Shape? {
    guard sources.count > 1 else { return sources.first?.entry.shape }
    guard case .concatenate(let axis)? = transforms.first else { return nil }
    let shapes = sources.map(\.entry.shape)
    guard axis >= 0, shapes.allSatisfy({ $0.rank == shapes[0].rank }), axis < shapes[0].rank
    else { return nil }
    var dimensions = shapes[0].dimensions
    for (index, extent) in dimensions.enumerated() where index != axis {
      guard shapes.allSatisfy({ $0[index] == extent }) else { return nil }
    }
    dimensions[axis] = shapes.map { $0[axis] }.reduce(0, +)
    return try? Shape(checking: dimensions)
  }

  /// Whether the tensor is taken as it is, bit for bit.
  var isVerbatim: Bool { sources.count == 1 && transforms.isEmpty }

  /// The transformed elements. ``shape`` must not be nil; throws what reading the sources throws.
  func floats() throws -> FloatTensor {
    let parts = try sources.map { try $0.entry.floats() }
    var tensor = parts[0]
    for transform in transforms {
      switch transform {
      case .axes(let order): tensor = tensor.permuted(order)
      case .slice(let axis, let range): tensor = tensor.sliced(range, axis: axis)
      case .reverse(let axis): tensor = tensor.reversed(axis: axis)
      case .concatenate(let axis): tensor = FloatTensor(concatenating: parts, axis: axis)
      case .reshape(let shape): tensor = FloatTensor(shape: shape, values: tensor.values)
      case .reciprocal:
        tensor = FloatTensor(
          shape: tensor.shape, values: tensor.values.map { Float(1 / Double($0)) })
      case .negative: tensor = FloatTensor(shape: tensor.shape, values: tensor.values.map { -$0 })
      case .compute, .unblock, .convert, .fold, .absorbBias: break
      }
    }
    return tensor
  }
}
