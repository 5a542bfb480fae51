public import Files

/// The bytes behind a tensor: owned, or a part of a mapped file. Copies share them.
public struct TensorBytes: Sendable {
  private enum Source: Sendable {
    case owned([UInt8])
    case mapped(FileBytes, Range<Int>)
  }

  private let source: Source

  /// Bytes in memory.
  public init(_ bytes: [UInt8]) { source = .owned(bytes) }

  /// A part of a mapped file, which stays open as long as anything refers to it.
  public init(of file: FileBytes, in range: Range<Int>) { source = .mapped(file, range) }

  /// The number of bytes.
  public var count: Int {
    switch source {
    case .owned(let bytes): bytes.count
    case .mapped(_, let range): range.count
    }
  }

  /// Lends the bytes.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch source {
    case .owned(let bytes): try unsafe body(bytes.span.bytes)
    case .mapped(let file, let range): try file.withBytes(in: range, body)
    }
  }
}
