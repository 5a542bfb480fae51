import Files
import Synchronization

/// Where the elements of a tensor stand in a file beside the model. Mirrors `external_data`.
struct OnnxExternalData: Equatable {
  /// Why a list of keys and values is not a place in a file.
  struct Failure: Error, Equatable {
    let reason: String
  }

  /// The file, relative to the folder of the model.
  let location: String

  /// The first byte in it.
  let offset: Int

  /// The number of bytes; nil where it follows from the tensor alone.
  let length: Int?

  /// Reads the keys `location`, `offset`, `length` and `checksum`, which is not checked.
  init(_ items: [(key: String, value: String)]) throws(Failure) {
    var values: [String: String] = [:]
    for (key, value) in items {
      guard ["location", "offset", "length", "checksum"].contains(key) else {
        throw Failure(reason: "unknown key '\(key)'")
      }
      guard values.updateValue(value, forKey: key) == nil else {
        throw Failure(reason: "'\(key)' is given twice")
      }
    }
    guard let location = values["location"] else { throw Failure(reason: "no location is given") }
    self.location = location
    offset = try Self.number("offset", values) ?? 0
    length = try Self.number("length", values)
  }

  private static func number(
    _ key: String, _ values: [String: String]
  ) throws(Failure) -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Failure(reason: "\(key): expected a number of bytes, found '\(text)'")
    }
    return number
  }

  /// The place of `count` bytes in a file of `size`.
  func range(of count: Int, in size: Int) throws(Failure) -> Range<Int> {
    guard length == nil || length == count else {
      throw Failure(reason: "length: expected \(count) bytes, found \(length ?? count)")
    }
    guard offset <= size, count <= size - offset else {
      throw Failure(
        reason: "expected \(count) bytes from byte \(offset) on, found a file of \(size) bytes")
    }
    return offset..<offset + count
  }
}

/// The files beside a model that hold elements of its tensors, each opened once.
final class OnnxDataFiles: Sendable {
  private let folder: String
  private let root: String?
  private let opened = Mutex<[String: FileBytes]>([:])

  /// The files of the folder at `folder`, or of the one at `root` where they are not there or may not
  /// be opened.
  init(in folder: String, or root: String?) {
    self.folder = folder
    self.root = root
  }

  /// The files that are open, sorted by the bytes of their paths.
  var files: [FileBytes] {
    opened.withLock { files in
      files.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
  }

  /// The file `location`. Throws `FileError`.
  func file(_ location: String) throws(FileError) -> FileBytes {
    try opened.withLock { (files) throws(FileError) in
      if let file = files[location] { return file }
      let file = try open(location)
      files[location] = file
      return file
    }
  }

  private func open(_ location: String) throws(FileError) -> FileBytes {
    do {
      return try FileBytes(contained: location, in: folder)
    } catch {
      guard let root else { throw error }
      return try FileBytes(contained: location, in: root)
    }
  }
}
