import COnnxSchema

/// Memory for the C structures of a message; it is freed with the last reference.
@safe final class OnnxArena {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  deinit { unsafe blocks.forEach { unsafe $0.deallocate() } }

  /// A structure, after `initialize` of protoc-c and `body` have filled it.
  func message<Message>(
    _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
    _ body: (inout Message) throws -> Void
  ) rethrows -> UnsafeMutablePointer<Message> {
    let pointer = unsafe allocate(1, of: Message.self)
    unsafe initialize(pointer)
    try unsafe body(&pointer.pointee)
    return unsafe pointer
  }

  /// The elements behind one another; nil where there are none.
  func list<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let pointer = unsafe allocate(elements.count, of: Element.self)
    unsafe pointer.initialize(from: elements, count: elements.count)
    return unsafe pointer
  }

  /// `text` as a C string.
  func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    let bytes = text.utf8CString
    let pointer = unsafe allocate(bytes.count, of: CChar.self)
    for (index, byte) in bytes.enumerated() { unsafe pointer[index] = byte }
    return unsafe pointer
  }

  /// A copy of `bytes`.
  func data(_ bytes: RawSpan) -> ProtobufCBinaryData {
    let pointer = unsafe allocate(bytes.byteCount, of: UInt8.self)
    unsafe bytes.withUnsafeBytes { source in
      unsafe UnsafeMutableRawBufferPointer(start: pointer, count: source.count).copyMemory(
        from: source)
    }
    return unsafe ProtobufCBinaryData(len: bytes.byteCount, data: pointer)
  }

  /// The UTF-8 of `text`.
  func data(_ text: String) -> ProtobufCBinaryData {
    let bytes = Array(text.utf8)
    return unsafe data(bytes.span.bytes)
  }

  private func allocate<Element>(
    _ count: Int, of type: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
    unsafe blocks.append(UnsafeMutableRawPointer(pointer))
    return unsafe pointer
  }
}
