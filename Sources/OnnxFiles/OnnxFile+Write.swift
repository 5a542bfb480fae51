import Files
import Tensors

extension OnnxFile {
  /// Writes `document` to `path`, atomically; the same document always gives the same bytes.
  ///
  /// Before the file takes its place it is read back and compared. Throws `FileError`,
  /// ``OnnxError/cannotHold(path:bytes:)`` where the model is larger than a protocol buffer can be,
  /// ``OnnxError/readBack(path:offset:)``, or what reading a tensor throws; whatever was at `path`
  /// then stays.
  public static func write(_ document: OnnxDocument, to path: String) throws {
    let elements = document.initializers.reduce(0) {
      $0 + $1.shape.elementCount * $1.elementType.byteCount
    }
    try check(elements, path)
    let message = try OnnxDocumentMessage(document)
    try check(message.byteCount, path)
    let bytes = message.bytes
    try AtomicFile.write(to: path) { file in
      try file.append(bytes)
    } verify: { file in
      let difference = try unsafe file.firstDifference(from: bytes.span.bytes, at: 0)
      if let offset = try difference ?? (file.count == bytes.count ? nil : bytes.count) {
        throw OnnxError.readBack(path: path, offset: offset)
      }
    }
  }

  private static func check(_ bytes: Int, _ path: String) throws(OnnxError) {
    guard bytes <= maximumBytes else { throw .cannotHold(path: path, bytes: bytes) }
  }
}
