import COnnxSchema
import Files
import Glibc

/// A file whose message libprotobuf-c parsed; what it holds refers to the file's bytes.
class OnnxSource: @unchecked Sendable {  // immutable after init
  /// The path of the file, for messages.
  let path: String

  /// The file that was parsed.
  let file: FileBytes

  /// The files beside it.
  let dataFiles: OnnxDataFiles

  /// How much it may ask for.
  let limits: ReadingLimits

  /// What `file` holds; data files that are not beside it may be in the folder at `dataRoot`.
  init(_ file: FileBytes, dataRoot: String? = nil, limits: ReadingLimits) {
    path = file.path
    self.limits = limits
    self.file = file
    dataFiles = OnnxDataFiles(in: FilePath.folder(of: file.path), or: dataRoot)
  }

  /// The bytes of `file`, a message of `schema`, for libprotobuf-c: see ``OnnxSkeleton``.
  ///
  /// Throws ``OnnxError`` where they are no such message.
  static func skeleton(
    of file: FileBytes, _ schema: ProtobufCMessageDescriptor, limits: ReadingLimits
  ) throws(OnnxError) -> [UInt8] {
    let path = file.path
    guard file.count <= OnnxFile.maximumBytes else {
      throw .tooLarge(path: path, bytes: file.count)
    }
    return try file.withBytes { (bytes) throws(OnnxError) in
      do throws(ProtobufWireScan.Failure) {
        return try unsafe withUnsafePointer(to: schema) {
          (schema) throws(ProtobufWireScan.Failure) in
          let edits = try unsafe ProtobufWireScan.check(bytes, against: schema, limits: limits)
          return OnnxSkeleton.copy(of: bytes, edits)
        }
      } catch {
        if let limit = error.limit {
          throw .beyondLimit(
            .beyondLimit(
              path: path, object: "byte \(error.offset)", limit: limit, allowed: limits[limit],
              found: error.found))
        }
        throw .malformedMessage(path: path, offset: error.offset, reason: error.reason)
      }
    }
  }

  /// The text of a C string, a name; nil is empty.
  func text(_ pointer: UnsafePointer<CChar>?) throws(OnnxError) -> String {
    guard let pointer = unsafe pointer else { return "" }
    guard let text = unsafe String(validatingCString: pointer) else {
      throw .malformedModel(
        path: path,
        reason: "expected UTF-8 text, found \(unsafe strlen(pointer)) bytes of something else")
    }
    do throws(FileError) {
      try limits.check(name: text, of: "model", in: path)
    } catch { throw .beyondLimit(error) }
    return text
  }

  /// The text of `data`, a value of any length; nil where it is not UTF-8.
  func text(_ data: ProtobufCBinaryData) throws(OnnxError) -> String? {
    let bytes = unsafe UnsafeBufferPointer(start: data.data, count: data.len)
    guard let text = unsafe String(validating: bytes, as: UTF8.self) else { return nil }
    do throws(FileError) {
      try ReadingLimits.check(text: text, of: "model", in: path)
    } catch { throw .beyondLimit(error) }
    return text
  }

  /// The texts of a list of C strings.
  func texts(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
  ) throws(OnnxError) -> [String] {
    try unsafe list(start, count) { (pointer) throws(OnnxError) in try unsafe text(pointer) }
  }

  /// What `body` makes of every element of a list.
  func list<Element, Value>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>?, _ count: Int,
    _ body: (UnsafeMutablePointer<Element>) throws(OnnxError) -> Value
  ) throws(OnnxError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      guard let pointer = unsafe start?[index] else { continue }
      values.append(try unsafe body(pointer))
    }
    return values
  }
}
