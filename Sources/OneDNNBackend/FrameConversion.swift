import COneDNN
import Quantization

/// Makes what ``MemoryRead`` computes on of a frame that is held otherwise, each element in its
/// place.
struct FrameConversion {
  /// The bytes of the result.
  let byteCount: Int

  private let held: FrameLayout
  private let operand: FrameLayout
  /// What every bit pattern of an 8-bit integer stands for, rounded as the operand is.
  private let table: [Float]

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
          return operand.storage.rounded(quantization.dequantize(integer))
        }
      } ?? []
  }

  /// Converts what lies at `source`.
  func run(_ source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
    switch held.type {
    case dnnl_f16: unsafe convert(source.assumingMemoryBound(to: Binary16Bits.self), to: target)
    case dnnl_bf16: unsafe convert(source.assumingMemoryBound(to: BFloat16Bits.self), to: target)
    case dnnl_f32: unsafe convert(source.assumingMemoryBound(to: Float.self), to: target)
    default:
      let integers = unsafe source.assumingMemoryBound(to: UInt8.self)
      if operand.type == dnnl_bf16 {
        unsafe look(up: integers, to: target.assumingMemoryBound(to: BFloat16Bits.self))
      } else {
        unsafe look(up: integers, to: target.assumingMemoryBound(to: Float.self))
      }
    }
  }

  private func convert<Element: FrameNumber>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutableRawPointer
  ) {
    switch operand.storage {
    case .bfloat16 where operand.type == dnnl_bf16:
      unsafe store(source, to: target.assumingMemoryBound(to: BFloat16Bits.self))
    case .bfloat16:
      unsafe store(source, to: target.assumingMemoryBound(to: RoundedToBFloat16.self))
    case .float16:
      unsafe store(source, to: target.assumingMemoryBound(to: RoundedToBinary16.self))
    case .float32, .quantized:
      unsafe store(source, to: target.assumingMemoryBound(to: Float.self))
    }
  }

  private func store<Element: FrameNumber, Result: FrameNumber>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutablePointer<Result>
  ) {
    forEachChunk(of: byteCount / MemoryLayout<Result>.size) { range in
      for index in range { unsafe target[index] = unsafe Result(source[index].number) }
    }
  }

  private func look<Result: FrameNumber>(
    up source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Result>
  ) {
    let results = table.map(Result.init)
    forEachChunk(of: byteCount / MemoryLayout<Result>.size) { range in
      unsafe results.withUnsafeBufferPointer { results in
        for index in range { unsafe target[index] = unsafe results[Int(source[index])] }
      }
    }
  }

  private func forEachChunk(of count: Int, _ body: (Range<Int>) -> Void) {
    let chunk = 1 << 14
    Team.forEach((count + chunk - 1) / chunk) { part in
      body(part * chunk..<min((part + 1) * chunk, count))
    }
  }
}
