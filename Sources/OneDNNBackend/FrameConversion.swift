import COneDNN
import Quantization

/// Makes what ``MemoryRead`` computes on of a frame that is held otherwise, each element in its
/// place.
struct FrameConversion {
  /// The bytes of the result.
  let byteCount: Int
  /// The bytes of working memory that a run needs.
  let workspaceByteCount: Int

  private let action: Action

  private enum Action {
    /// The elements' bit patterns, for every bit pattern of an 8-bit integer.
    case dequantize32([UInt32])
    case dequantize16([UInt16])
    /// Another type of real numbers.
    case reorder(ConversionKernel)
    /// Binary32 numbers rounded.
    case round(RoundingKernel)
  }

  /// What leads from `held` to `operand`, which differ in their storage at most; nil: nothing needs
  /// to be done, or `operand` holds integers.
  init?(from held: FrameLayout, to operand: FrameLayout, on engine: Engine) throws(LibraryFailure) {
    guard held.storage != operand.storage, operand.quantization == nil else { return nil }
    let (from, to) = (try held.whole, try operand.whole)
    byteCount = to.byteCount
    if let quantization = held.quantization {
      let numbers = (0...UInt8.max).map { byte in
        let integer = held.type == dnnl_u8 ? Int32(byte) : Int32(Int8(bitPattern: byte))
        return operand.storage.rounded(quantization.dequantize(integer)).bitPattern
      }
      workspaceByteCount = 0
      action =
        operand.type == dnnl_bf16
        ? .dequantize16(numbers.map { UInt16($0 >> 16) }) : .dequantize32(numbers)
    } else if held.type != operand.type {
      let kernel = try ConversionKernel(from: Held(from), to: Held(to), on: engine)
      workspaceByteCount = kernel.workspaceByteCount
      action = .reorder(kernel)
    } else {
      guard operand.storage != .float32 else { return nil }
      workspaceByteCount = 0
      action = .round(RoundingKernel(to, to: operand.storage))
    }
  }

  /// Converts what lies at `source`.
  func run(
    _ source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer,
    _ workspace: UnsafeMutableRawPointer
  ) throws(LibraryFailure) {
    switch action {
    case .dequantize32(let table): unsafe look(up: source, in: table, to: target)
    case .dequantize16(let table): unsafe look(up: source, in: table, to: target)
    case .reorder(let kernel): try unsafe kernel.run(StepOperands([source], target, workspace))
    case .round(let kernel):
      unsafe target.copyMemory(from: source, byteCount: byteCount)
      unsafe kernel.run(StepOperands([target], target, workspace))
    }
  }

  private func look<Element: BitwiseCopyable>(
    up source: UnsafeMutableRawPointer, in table: [Element], to target: UnsafeMutableRawPointer
  ) {
    let count = byteCount / MemoryLayout<Element>.size
    let bytes = unsafe source.assumingMemoryBound(to: UInt8.self)
    let elements = unsafe target.assumingMemoryBound(to: Element.self)
    let chunk = 1 << 14
    Team.forEach((count + chunk - 1) / chunk) { part in
      unsafe table.withUnsafeBufferPointer { table in
        for index in part * chunk..<min((part + 1) * chunk, count) {
          unsafe elements[index] = unsafe table[Int(bytes[index])]
        }
      }
    }
  }
}
