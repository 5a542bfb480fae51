import COneDNN
import Tensors

extension OperatorLibrary {
  /// `x * scale + shift`, channel by channel.
  func scaleAndShift(_ x: OperatorOperand, _ scale: [Float], _ shift: [Float]) throws -> Value {
    let kernel = try PointwiseKernel(
      try image(x.shape), dnnl_binary_mul, scale, dnnl_binary_add, shift, on: engine)
    return try run(kernel, [x])
  }

  /// `max(x, 0)`.
  func relu(_ x: OperatorOperand) throws -> Value {
    let kernel = try kernel(for: .relu(x.shape)) {
      try PointwiseKernel(rectifying: try image(x.shape), on: engine)
    }
    return try run(kernel, [x])
  }

  /// The sum of two operands of one shape.
  func sum(_ left: OperatorOperand, _ right: OperatorOperand) throws -> Value {
    let kernel = try kernel(for: .sum(left.shape)) {
      try SumKernel(2, of: try image(left.shape), on: engine)
    }
    return try run(kernel, [left, right])
  }

  /// `parts` behind one another along the channels, of which there are then `channels`.
  func concatenation(_ parts: [OperatorOperand], channels: Int) throws -> Value {
    let shapes = parts.map(\.shape)
    let kernel = try kernel(for: .concatenation(shapes)) {
      let layout = ValueStore.layout(of: shapes.map { $0[1] })
      var whole = shapes[0].dimensions
      whole[1] = channels
      return try ConcatenationKernel(
        try shapes.map { try MemoryDescriptor($0.dimensions, dnnl_f32, layout) },
        to: try MemoryDescriptor(whole, dnnl_f32, layout), on: engine)
    }
    return try run(kernel, parts)
  }
}
