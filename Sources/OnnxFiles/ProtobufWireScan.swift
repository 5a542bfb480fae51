import COnnxSchema
import Files
import Glibc

/// Checks the wire format of a serialized protocol buffer before libprotobuf-c parses it.
///
///     message = field*
///     field   = varint: number << 3 | wire type, then the value:
///               0: varint   1: 8 bytes   2: varint length, that many bytes   5: 4 bytes
///     varint  = bytes of 7 bits, lowest first, all but the last with the top bit set
///
/// Of length 2 are text, bytes, packed numbers and messages, which the bytes alone cannot tell
/// apart: the schema that protoc-c generated says which fields to descend into. libprotobuf-c
/// itself descends without limit and reports no reason.
enum ProtobufWireScan {
  /// The schema of a message, as protoc-c wrote it.
  typealias Schema = UnsafePointer<ProtobufCMessageDescriptor>

  /// Where the bytes stop making sense, and why.
  struct Failure: Error {
    let offset: Int
    let reason: String
    /// The limit that is passed, and by what; nil where the bytes are damaged.
    var limit: ReadingLimits.Key?
    var found = 0
  }

  /// Checks that `bytes` are one whole message of `schema`, which holds no more messages than
  /// `limits` allow; returns what ``OnnxSkeleton`` has to replace in them. Throws ``Failure``.
  static func check(
    _ bytes: RawSpan, against schema: Schema, limits: ReadingLimits
  ) throws(Failure) -> [OnnxSkeleton.Edit] {
    var scan = State(limits: limits)
    _ = try unsafe check(bytes, in: 0..<bytes.byteCount, against: schema, depth: 1, &scan)
    return scan.edits
  }

  /// What was found so far.
  private struct State {
    let limits: ReadingLimits
    var edits: [OnnxSkeleton.Edit] = []
    var messages = 0
    var nodes = 0
    var tensors = 0

    init(limits: ReadingLimits) { self.limits = limits }

    /// Counts a message of `schema` that starts at `offset`.
    mutating func count(_ schema: Schema, depth: Int, at offset: Int) throws(Failure) {
      messages += 1
      try check(.depth, depth, at: offset)
      try check(.values, messages, at: offset)
      if unsafe strcmp(schema.pointee.short_name, "NodeProto") == 0 {
        nodes += 1
        try check(.nodes, nodes, at: offset)
      } else if unsafe strcmp(schema.pointee.short_name, "TensorProto") == 0 {
        tensors += 1
        try check(.tensors, tensors, at: offset)
      }
    }

    private func check(
      _ key: ReadingLimits.Key, _ found: Int, at offset: Int
    ) throws(Failure) {
      guard found > limits[key] else { return }
      throw Failure(
        offset: offset, reason: "expected at most \(limits[key]) \(key.noun), found more",
        limit: key, found: found)
    }
  }

  /// Whether a message of `schema` can start with `bytes`: they hold a field, and every field up
  /// to the first of number `last` or above is known.
  static func canStart(with bytes: RawSpan, _ schema: Schema, upTo last: UInt32) -> Bool {
    var position = 0
    var number: UInt32 = 0
    while position < bytes.byteCount && number < last {
      guard let tag = try? tag(of: bytes, at: &position, end: bytes.byteCount),
        let field = unsafe protobuf_c_message_descriptor_get_field(schema, tag.number)?.pointee,
        unsafe field.accepts(tag.wireType)
      else { return false }
      number = tag.number
      guard let value = try? skip(tag, of: bytes, at: &position, end: bytes.byteCount) else {
        return true
      }
      if unsafe field.type == PROTOBUF_C_TYPE_STRING && bytes.containsNull(in: value) {
        return false
      }
    }
    return number > 0
  }

  /// Checks the message in `range`; returns how many bytes the edits add to it.
  private static func check(
    _ bytes: RawSpan, in range: Range<Int>, against schema: Schema, depth: Int,
    _ scan: inout State
  ) throws(Failure) -> Int {
    try unsafe scan.count(schema, depth: depth, at: range.lowerBound)
    var position = range.lowerBound
    var growth = 0
    var singleMessages: Set<UInt32> = []
    while position < range.upperBound {
      let start = position
      let tag = try tag(of: bytes, at: &position, end: range.upperBound)
      let tagEnd = position
      let value = try skip(tag, of: bytes, at: &position, end: range.upperBound)
      guard let field = unsafe protobuf_c_message_descriptor_get_field(schema, tag.number)?.pointee
      else { continue }
      func failure(_ reason: String) -> Failure {
        Failure(
          offset: start,
          reason: unsafe "field '\(String(cString: field.name))' of "
            + "\(String(cString: schema.pointee.short_name)): \(reason)")
      }
      guard unsafe field.accepts(tag.wireType) else {
        throw failure("unexpected wire type \(tag.wireType.rawValue)")
      }
      if unsafe field.type == PROTOBUF_C_TYPE_STRING {
        guard !bytes.containsNull(in: value) else { throw failure("text holds a null character") }
      } else if unsafe field.type == PROTOBUF_C_TYPE_MESSAGE {
        guard
          unsafe field.label == PROTOBUF_C_LABEL_REPEATED
            || singleMessages.insert(tag.number).inserted
        else { throw failure("expected one, found two") }
        let inner = unsafe field.descriptor.assumingMemoryBound(
          to: ProtobufCMessageDescriptor.self)
        let place = scan.edits.count
        scan.edits.append(.length(value.count, at: tagEnd..<value.lowerBound))
        let added = try unsafe check(
          bytes, in: value, against: inner, depth: depth + 1, &scan)
        guard scan.edits.count > place + 1 else {
          scan.edits.removeLast()
          continue
        }
        scan.edits[place] = .length(value.count + added, at: tagEnd..<value.lowerBound)
        growth += added + scan.edits[place].growth
      } else if unsafe OnnxSkeleton.replaces(field) {
        scan.edits.append(.reference(to: value, at: tagEnd..<value.upperBound))
        growth += scan.edits[scan.edits.count - 1].growth
      }
    }
    return growth
  }

  /// Reads a field's number and wire type and moves `position` behind them.
  private static func tag(
    of bytes: RawSpan, at position: inout Int, end: Int
  ) throws(Failure) -> Tag {
    let start = position
    let value = try varint(of: bytes, at: &position, end: end)
    guard let number = UInt32(exactly: value >> 3), (1..<1 << 29).contains(number) else {
      throw Failure(offset: start, reason: "expected a field, found number \(value >> 3)")
    }
    guard let wireType = WireType(rawValue: UInt8(value & 7)) else {
      throw Failure(offset: start, reason: "field \(number): unknown wire type \(value & 7)")
    }
    return Tag(number: number, wireType: wireType)
  }

  /// Moves `position` behind the value of a field; the range is the value without its length.
  private static func skip(
    _ tag: Tag, of bytes: RawSpan, at position: inout Int, end: Int
  ) throws(Failure) -> Range<Int> {
    let start = position
    let count: UInt64
    switch tag.wireType {
    case .varint:
      _ = try varint(of: bytes, at: &position, end: end)
      return start..<position
    case .eightBytes: count = 8
    case .lengthDelimited: count = try varint(of: bytes, at: &position, end: end)
    case .fourBytes: count = 4
    }
    guard count <= UInt64(end - position) else {
      throw Failure(
        offset: start,
        reason: "field \(tag.number): expected \(count) more bytes, found \(end - position)")
    }
    let value = position..<position + Int(count)
    position = value.upperBound
    return value
  }

  private static func varint(
    of bytes: RawSpan, at position: inout Int, end: Int
  ) throws(Failure) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < end else {
        throw Failure(offset: start, reason: "expected a number, found the end of the message")
      }
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      position += 1
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw Failure(offset: start, reason: "expected a number of at most 10 bytes, found more")
  }
}

/// What stands before the value of a field.
private struct Tag {
  let number: UInt32
  let wireType: WireType
}

private enum WireType: UInt8 {
  case varint = 0
  case eightBytes = 1
  case lengthDelimited = 2
  case fourBytes = 5
}

extension ProtobufCFieldDescriptor {
  /// Whether the field can be written with `wireType`; lists of numbers may be packed or not.
  fileprivate func accepts(_ wireType: WireType) -> Bool {
    let own: WireType =
      switch unsafe type {
      case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .lengthDelimited
      case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: .eightBytes
      case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: .fourBytes
      default: .varint
      }
    return unsafe wireType == own
      || (label == PROTOBUF_C_LABEL_REPEATED && wireType == .lengthDelimited)
  }
}

extension RawSpan {
  fileprivate func containsNull(in range: Range<Int>) -> Bool {
    range.contains { unsafe unsafeLoad(fromByteOffset: $0, as: UInt8.self) == 0 }
  }
}
