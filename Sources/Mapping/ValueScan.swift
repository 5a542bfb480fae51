import Tensors

/// Where in a tensor of binary32 unusual numbers are.
struct ValueScan {
  /// Some of the elements, or rows.
  struct Indices: Hashable {
    /// How many, at least 1.
    let count: Int
    /// The first.
    let first: Int
  }

  /// Elements that are NaN or infinite.
  private(set) var nonFinite: Indices?
  /// Elements that are not zero and below the least normal number.
  private(set) var denormal: Indices?
  /// Rows that are all zeros.
  private(set) var zeroRows: Indices?

  /// Scans `tensor`, whose elements are so many rows, in one pass where nothing is unusual.
  init(_ tensor: Tensor, rows: Int) {
    let length = tensor.shape.elementCount / max(rows, 1)
    guard length > 0 else { return }
    Self.withBits(of: tensor) { bits in
      for row in 0..<rows {
        let elements = row * length..<(row + 1) * length
        var (largest, least) = (0 as UInt32, UInt32.max)
        for index in elements {
          let magnitude = bits(index) & 0x7FFF_FFFF
          largest = max(largest, magnitude)
          // Zero becomes the largest number of all.
          least = min(least, magnitude &- 1)
        }
        if largest == 0 { Self.add(Indices(count: 1, first: row), to: &zeroRows) }
        if largest >= 0x7F80_0000 {
          Self.add(Self.indices(elements, bits) { !$0.isFinite }, to: &nonFinite)
        }
        if least < 0x7F_FFFF {
          Self.add(Self.indices(elements, bits) { $0.isSubnormal }, to: &denormal)
        }
      }
    }
  }

  /// The elements of `tensor` that are as `predicate` says; nil where none is.
  static func indices(in tensor: Tensor, where predicate: (Float) -> Bool) -> Indices? {
    withBits(of: tensor) { indices(0..<tensor.shape.elementCount, $0, where: predicate) }
  }

  /// The element at `index` of `tensor`.
  static func element(_ index: Int, of tensor: Tensor) -> Float {
    withBits(of: tensor) { Float(bitPattern: $0(index)) }
  }

  private static func indices(
    _ elements: Range<Int>, _ bits: (Int) -> UInt32, where predicate: (Float) -> Bool
  ) -> Indices? {
    var found: Indices?
    for index in elements where predicate(Float(bitPattern: bits(index))) {
      add(Indices(count: 1, first: index), to: &found)
    }
    return found
  }

  private static func add(_ more: Indices?, to indices: inout Indices?) {
    guard let more else { return }
    indices = Indices(
      count: (indices?.count ?? 0) + more.count, first: indices?.first ?? more.first)
  }

  /// Calls `body` with what gives the bits of an element.
  @inline(__always)
  private static func withBits<Result>(
    of tensor: Tensor, _ body: ((Int) -> UInt32) -> Result
  ) -> Result {
    precondition(tensor.elementType == .float32, "\(tensor.elementType)")
    return tensor.bytes.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { raw in
        guard let start = raw.baseAddress else { return body { _ in 0 } }
        return body { index in
          unsafe start.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)
        }
      }
    }
  }
}
