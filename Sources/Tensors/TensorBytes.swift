public import Files

/// The bytes behind a tensor: owned, or a part of a mapped file. Copies share them.
public struct TensorBytes: Sendable {
  private enum Source: Sendable {
    case owned([UInt8], Range<Int>)
    case mapped(FileBytes, Range<Int>)
  }

  private let source: Source

  /// Bytes in memory.
  public init(_ bytes: [UInt8]) { source = .owned(bytes, bytes.indices) }

  /// The bytes of `values`, as they lie in memory.
  init<Value: BitwiseCopyable>(copying values: [Value]) {
    self.init(unsafe values.withUnsafeBytes { unsafe [UInt8]($0) })
  }

  /// A part of a mapped file, which stays open as long as anything refers to it.
  public init(of file: FileBytes, in range: Range<Int>) { source = .mapped(file, range) }

  /// The number of bytes.
  public var count: Int {
    switch source {
    case .owned(_, let range), .mapped(_, let range): range.count
    }
  }

  /// The file that the bytes are mapped from, and their place in it; nil where they are in memory.
  public var mapping: (file: FileBytes, range: Range<Int>)? {
    if case .mapped(let file, let range) = source { (file, range) } else { nil }
  }

  /// Those of the bytes that are in `part`, which must lie inside; nothing is copied.
  public func part(_ part: Range<Int>) -> TensorBytes {
    precondition(part.lowerBound >= 0 && part.upperBound <= count, "range outside")
    return switch source {
    case .owned(let bytes, let range):
      TensorBytes(.owned(bytes, part.moved(by: range.lowerBound)))
    case .mapped(let file, let range):
      TensorBytes(.mapped(file, part.moved(by: range.lowerBound)))
    }
  }

  private init(_ source: Source) { self.source = source }

  /// Lends the bytes; those of a file leave memory again afterwards.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch source {
    case .owned(let bytes, let range):
      try unsafe body(bytes.span.bytes.extracting(range))
    case .mapped(let file, let range): try file.withBytes(in: range, body)
    }
  }

  /// Lends the bytes in `part`.
  public func withBytes<Result, Failure: Error>(
    in part: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try self.part(part).withBytes(body)
  }

  /// The bytes as `count` values of a type that they fill.
  func values<Value: BitwiseCopyable>(_ count: Int, as: Value.Type) -> [Value] {
    withBytes { bytes in
      unsafe [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        unsafe bytes.withUnsafeBytes {
          unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0)
        }
        initializedCount = count
      }
    }
  }
}

extension Range<Int> {
  /// The range of as many, `offset` later.
  fileprivate func moved(by offset: Int) -> Range {
    lowerBound + offset..<upperBound + offset
  }
}

extension RawSpan {
  /// What `transform` makes of the bytes as `count` values of a type that they fill.
  @inline(__always)
  func values<Value: BitwiseCopyable, Element>(
    _ count: Int, _ transform: (Value) -> Element
  ) -> [Element] {
    unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      unsafe withUnsafeBytes { raw in
        for index in 0..<count {
          let value = unsafe raw.loadUnaligned(
            fromByteOffset: index &* MemoryLayout<Value>.size, as: Value.self)
          unsafe buffer.initializeElement(at: index, to: transform(value))
        }
      }
      initializedCount = count
    }
  }
}
