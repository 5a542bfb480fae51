import Tensors

/// An element of a memory's frame that is a real number.
protocol FrameNumber: BitwiseCopyable {
  /// Rounds `number`.
  init(_ number: Float)
  /// The number that it stands for.
  var number: Float { get }
}

extension Float: FrameNumber {
  var number: Float { self }
}

/// The bits of a binary16 number.
struct Binary16Bits: FrameNumber {
  private let bits: UInt16

  init(_ number: Float) { bits = number.binary16 }
  var number: Float { Float(binary16: bits) }
}

/// The bits of a bfloat16 number.
struct BFloat16Bits: FrameNumber {
  private let bits: UInt16

  init(_ number: Float) {
    bits = UInt16(truncatingIfNeeded: number.roundedToBFloat16.bitPattern >> 16)
  }
  var number: Float { Float(bitPattern: UInt32(bits) << 16) }
}

/// A binary32 number that binary16 can hold.
struct RoundedToBinary16: FrameNumber {
  let number: Float

  init(_ number: Float) { self.number = number.roundedToFloat16 }
}

/// A binary32 number that bfloat16 can hold.
struct RoundedToBFloat16: FrameNumber {
  let number: Float

  init(_ number: Float) { self.number = number.roundedToBFloat16 }
}
