import COneDNN
import Quantization
import Tensors

/// Makes what ``MemoryRead`` computes on of a frame that is held otherwise, each element in its
/// place.
struct FrameConversion {
  /// The bytes of the result.
  let byteCount: Int

  private let held: FrameLayout
  private let operand: FrameLayout
  /// The bit patterns that every bit pattern of an 8-bit integer stands for.
  private let table: [UInt32]

  /// What leads from `held` to `operand`, numbers to compute on; nil: nothing needs to be done.
  init?(from held: FrameLayout, to operand: FrameLayout) throws(LibraryFailure) {
    precondition(operand.quantization == nil, "reads compute on real numbers")
    let isRounded = operand.storage == .float32 || operand.storage == held.storage
    guard held.type != operand.type || !isRounded else { return nil }
    self.held = held
    self.operand = operand
    byteCount = try operand.whole.byteCount
    table =
      held.quantization.map { quantization in
        (0...UInt8.max).map { byte in
          let integer = held.type == dnnl_u8 ? Int32(byte) : Int32(Int8(bitPattern: byte))
          return operand.storage.rounded(quantization.dequantize(integer)).bitPattern
        }
      } ?? []
  }

  /// Converts what lies at `source`.
  func run(_ source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
    switch held.type {
    case dnnl_f16:
      unsafe round(source.assumingMemoryBound(to: UInt16.self), to: target) { Float(binary16: $0) }
    case dnnl_bf16:
      unsafe round(source.assumingMemoryBound(to: UInt16.self), to: target) {
        Float(bitPattern: UInt32($0) << 16)
      }
    case dnnl_f32:
      unsafe round(source.assumingMemoryBound(to: Float.self), to: target) { $0 }
    default:
      unsafe table.withUnsafeBufferPointer { table in
        unsafe write(source.assumingMemoryBound(to: UInt8.self), to: target) {
          unsafe Float(bitPattern: table[Int($0)])
        }
      }
    }
  }

  /// Writes the numbers that `number` gives, rounded as the operand is.
  @inline(__always) private func round<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutableRawPointer,
    _ number: (Element) -> Float
  ) {
    switch operand.storage {
    case .float32, .quantized: unsafe write(source, to: target, number)
    case .float16: unsafe write(source, to: target) { number($0).roundedToFloat16 }
    case .bfloat16: unsafe write(source, to: target) { number($0).roundedToBFloat16 }
    }
  }

  /// Writes the numbers that `number` gives, which the operand's type can hold.
  @inline(__always) private func write<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutableRawPointer,
    _ number: (Element) -> Float
  ) {
    if operand.type == dnnl_bf16 {
      unsafe store(source, to: target.assumingMemoryBound(to: UInt16.self)) {
        UInt16(truncatingIfNeeded: number($0).bitPattern >> 16)
      }
    } else {
      unsafe store(source, to: target.assumingMemoryBound(to: Float.self), number)
    }
  }

  @inline(__always) private func store<Element: BitwiseCopyable, Result: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutablePointer<Result>,
    _ result: (Element) -> Result
  ) {
    let count = byteCount / MemoryLayout<Result>.size
    let chunk = 1 << 14
    Team.forEach((count + chunk - 1) / chunk) { part in
      for index in part * chunk..<min((part + 1) * chunk, count) {
        unsafe target[index] = unsafe result(source[index])
      }
    }
  }
}
