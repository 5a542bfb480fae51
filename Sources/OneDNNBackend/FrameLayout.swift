import COneDNN
import Quantization

/// What a frame in memory is for.
enum MemoryRole: Hashable {
  /// The operand of the products with the query.
  case keys
  /// What is read.
  case values
}

/// How ``MemoryRead`` reads the frames of a memory, an object at a time.
///
/// With `E = h · w` entries a frame, filled up to whole blocks of 16 (or 8), whose elements stand
/// for 0:
///
/// | role | in memory | as an image of oneDNN's |
/// |---|---|---|
/// | keys `[K, h, w]` | `[K / 16, E, 16]` | K channels of `1 x E` pixels |
/// | values `[V, h, w]` | `[E / 16, V, 16]` | E channels of `1 x V` pixels |
struct FrameLayout: Hashable {
  let role: MemoryRole
  /// `[C, h, w]`.
  let dimensions: [Int]
  /// What the elements are rounded to.
  let storage: Storage
  /// Whether the elements are of a type that the processor multiplies; else they take as few bytes
  /// as they can.
  let isOperand: Bool

  /// A frame that is kept.
  init(_ role: MemoryRole, _ dimensions: [Int], _ storage: Storage) {
    self.init(role, dimensions, storage, isOperand: false)
  }

  private init(_ role: MemoryRole, _ dimensions: [Int], _ storage: Storage, isOperand: Bool) {
    self.role = role
    self.dimensions = dimensions
    self.storage = storage
    self.isOperand = isOperand
  }

  /// The same frame as numbers to compute on, rounded to `storage`.
  func operand(_ storage: Storage) -> FrameLayout {
    FrameLayout(role, dimensions, storage, isOperand: true)
  }

  /// Of the elements. What is computed on is binary32, or bfloat16 where the processor has it.
  var type: dnnl_data_type_t {
    switch storage {
    case .quantized(let quantization): quantization.elementType.oneDNN
    case .bfloat16: isOperand && !Processor.hasBFloat16 ? dnnl_f32 : dnnl_bf16
    case .float16: isOperand ? dnnl_f32 : dnnl_f16
    case .float32: dnnl_f32
    }
  }

  /// What integers stand for; nil: the elements are real numbers.
  var quantization: AffineQuantization? {
    if case .quantized(let quantization) = storage { quantization } else { nil }
  }

  /// `h · w`.
  var entries: Int { dimensions[1] * dimensions[2] }

  /// `entries` in whole blocks.
  var paddedEntries: Int { entries.roundedUp(to: Processor.channelBlock) }

  /// The whole, as an operand.
  var whole: MemoryDescriptor {
    get throws(LibraryFailure) {
      try MemoryDescriptor(
        role == .keys
          ? [1, dimensions[0], 1, paddedEntries] : [1, paddedEntries, 1, dimensions[0]],
        type, .blocked)
    }
  }

  /// The part that holds entries, as `[1, C, 1, E]`.
  var entriesOnly: MemoryDescriptor {
    get throws(LibraryFailure) {
      switch role {
      case .keys: try whole.part([1, dimensions[0], 1, entries])
      case .values:
        try MemoryDescriptor([1, entries, 1, dimensions[0]], type, .blocked)
          .permuted([0, 3, 2, 1])
      }
    }
  }

  /// Writes `byte` to all elements at `start`, 8-bit integers, that are no entry's.
  func fillPadding(_ start: UnsafeMutableRawPointer, with byte: UInt8) {
    let block = Processor.channelBlock
    let (channels, lines, lineCount) =
      role == .keys
      ? (dimensions[0], entries, paddedEntries) : (entries, dimensions[0], dimensions[0])
    for first in stride(from: 0, to: channels, by: block) {
      let used = min(block, channels - first)
      for line in 0..<lineCount {
        let lanes = line < lines ? used : 0
        guard lanes < block else { continue }
        unsafe (start + first * lineCount + line * block + lanes).initializeMemory(
          as: UInt8.self, repeating: byte, count: block - lanes)
      }
    }
  }
}
