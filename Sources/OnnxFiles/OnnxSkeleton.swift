import COnnxSchema
import Glibc

/// A copy of a serialized model without the raw data of its tensors, which stay in the file.
///
/// libprotobuf-c copies every byte that it parses. So where the file has
///
///     raw_data = tag, length, bytes
///     message  = tag, length, fields                 of each message around it
///
/// the copy has
///
///     raw_data = tag, 16, place of the bytes in the file (8 bytes), their number (8 bytes)
///     message  = tag, length of what is left, fields
enum OnnxSkeleton {
  /// A run of bytes of the file, and what the copy has in its place.
  enum Edit {
    /// The length of a message.
    case length(Int, at: Range<Int>)
    /// The length and the bytes of raw data, which stand at `to`.
    case reference(to: Range<Int>, at: Range<Int>)

    /// How many bytes longer the replacement is.
    var growth: Int {
      switch self {
      case .length(let length, let range): OnnxSkeleton.varint(length).count - range.count
      case .reference(_, let range): 1 + referenceSize - range.count
      }
    }

    fileprivate var range: Range<Int> {
      switch self {
      case .length(_, let range), .reference(_, let range): range
      }
    }
  }

  /// Whether `field` is the one whose bytes stay in the file.
  static func replaces(_ field: ProtobufCFieldDescriptor) -> Bool {
    unsafe field.type == PROTOBUF_C_TYPE_BYTES && strcmp(field.name, "raw_data") == 0
  }

  /// The copy of `bytes` with `edits`, which stand in the order of their ranges.
  static func copy(of bytes: RawSpan, _ edits: [Edit]) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { bytes in
      var copy: [UInt8] = []
      copy.reserveCapacity(edits.reduce(bytes.count) { $0 + $1.growth })
      var position = 0
      for edit in edits {
        unsafe copy.append(contentsOf: bytes[position..<edit.range.lowerBound])
        switch edit {
        case .length(let length, _): copy += varint(length)
        case .reference(let range, _):
          copy.append(UInt8(referenceSize))
          for number in [range.lowerBound, range.count] {
            unsafe withUnsafeBytes(of: UInt64(number)) { unsafe copy.append(contentsOf: $0) }
          }
        }
        position = edit.range.upperBound
      }
      unsafe copy.append(contentsOf: bytes[position...])
      return copy
    }
  }

  /// The place in the file that the raw data `bytes` of the copy stand for.
  static func range(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
    precondition(bytes.count == referenceSize, "raw data was not replaced")
    let start = unsafe Int(bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    let count = unsafe Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    return start..<start + count
  }

  /// The size of two numbers, less than 128 so that its own length takes one byte.
  private static let referenceSize = 16

  /// `value` in groups of 7 bits, lowest first, all but the last with the top bit set.
  private static func varint(_ value: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = UInt(value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
