public import Tensors

/// A tensor of real numbers in a layout that a backend or kernel library chose.
public protocol HeldTensor: Sendable {
  /// The dimensions, outermost first.
  var shape: Shape { get }
  /// The elements, row-major. Throws what the library throws.
  func floats() throws -> FloatTensor
  /// The bytes that it takes in memory.
  var byteCount: Int { get }
}

extension FloatTensor: HeldTensor {
  public func floats() -> FloatTensor { self }

  public var byteCount: Int { values.count * MemoryLayout<Float>.size }
}

/// The frames of a memory: `[N, C, h, w]` each, `[N, C, T, h, w]` together.
public struct FrameStack: HeldTensor {
  /// The frames, in order; there is at least one, and all have one shape.
  public let frames: [any HeldTensor]
  public let shape: Shape

  /// A memory of `frames`, of which there must be at least one and which must have one shape.
  public init(_ frames: [any HeldTensor]) {
    guard let first = frames.first?.shape, first.rank == 4 else {
      preconditionFailure("a memory needs frames [N, C, h, w]")
    }
    precondition(frames.allSatisfy { $0.shape == first }, "frames of several shapes")
    self.frames = frames
    shape = [first[0], first[1], frames.count, first[2], first[3]]
  }

  public var byteCount: Int { frames.reduce(0) { $0 + $1.byteCount } }

  public func floats() throws -> FloatTensor {
    let plane = shape[3] * shape[4]
    let parts = try frames.map { try $0.floats().values }
    var values: [Float] = []
    values.reserveCapacity(shape.elementCount)
    for start in stride(from: 0, to: parts[0].count, by: plane) {
      for part in parts { values += part[start..<start + plane] }
    }
    return FloatTensor(shape: shape, values: values)
  }
}
