public import Tensors

/// A kernel as signed 8-bit integers, symmetric, with a scale for each output channel.
public struct QuantizedWeight: Sendable {
  /// The integers, `[out, in, kh, kw]` row-major, none of a magnitude beyond the one asked for.
  public let integers: [Int8]
  /// The real value of 1 in each output channel.
  public let scales: [Float]

  /// The least scale of a channel that is not counted as zeros, 2^-100: sums of such small products
  /// do not matter, and biases in their units would be infinite. Batch norms that training gave up
  /// leave channels like that.
  static let leastScale: Float = 0x1p-100

  /// Rounds `weight` (`[out, in, kh, kw]`, finite) to the nearest integers, ties to even; a channel's
  /// largest magnitude becomes `magnitude`, 127 or less. A channel of zeros, or of numbers below
  /// 2⁻¹⁰⁰, gets scale 1, and so integers of 0.
  public init(_ weight: FloatTensor, magnitude: Int8 = 127) {
    let scales = weight.largestMagnitudes.map {
      let scale = $0 / Float(magnitude)
      return scale.isFinite && scale >= Self.leastScale ? scale : 1
    }
    integers = Self.nearest(weight.values, scales, Float(magnitude))
    self.scales = scales
  }

  /// These integers in units of these scales.
  init(integers: [Int8], scales: [Float]) {
    self.integers = integers
    self.scales = scales
  }

  private static func nearest(_ values: [Float], _ scales: [Float], _ limit: Float) -> [Int8] {
    let perChannel = values.count / max(scales.count, 1)
    return unsafe values.withUnsafeBufferPointer { source in
      unsafe [Int8](unsafeUninitializedCapacity: source.count) { target, count in
        for (channel, scale) in scales.enumerated() {
          for index in channel * perChannel..<(channel + 1) * perChannel {
            let value = unsafe min(max(source[index] / scale, -limit), limit)
            // 1.5 * 2^23 more leaves the nearest integer, ties to even, in the lowest bits.
            let bits = (value + 0x1.8p23).bitPattern
            unsafe target.initializeElement(at: index, to: Int8(truncatingIfNeeded: bits))
          }
        }
        count = source.count
      }
    }
  }

  /// The kernel that the integers stand for, of `shape`.
  public static func dequantized(
    _ integers: [Int8], scales: [Float], shape: Shape
  ) -> FloatTensor {
    var weight = FloatTensor(zeros: shape)
    let count = integers.count / max(scales.count, 1)
    for (channel, scale) in scales.enumerated() {
      for index in channel * count..<(channel + 1) * count {
        weight.values[index] = Float(integers[index]) * scale
      }
    }
    return weight
  }
}

extension FloatTensor {
  /// The largest magnitude in each part of the outermost dimension.
  fileprivate var largestMagnitudes: [Float] {
    let count = shape.elementCount / max(shape[0], 1)
    return unsafe values.withUnsafeBufferPointer { source in
      (0..<shape[0]).map { part in
        // Magnitudes have the order of their bits, whose maximum a processor takes lane by lane.
        var largest: Int32 = 0
        for index in part * count..<(part + 1) * count {
          largest = unsafe max(largest, Int32(bitPattern: source[index].bitPattern & 0x7FFF_FFFF))
        }
        return Float(bitPattern: UInt32(largest))
      }
    }
  }
}
