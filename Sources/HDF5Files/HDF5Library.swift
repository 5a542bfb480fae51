import CHDF5
import Files
import Synchronization

/// libhdf5, which serves one caller at a time.
enum HDF5Library {
  private static let lock = Mutex(())

  /// Calls `body` while nobody else uses the library; every handle must be closed when it ends.
  ///
  /// The library does not print its errors, which it remembers for each thread, and does not load
  /// filters that a file asks for (wraps `H5Eset_auto2` and `H5PLset_loading_state`).
  static func withLibrary<Result: Sendable>(
    _ body: () throws(HDF5Error) -> Result
  ) throws(HDF5Error) -> Result {
    try lock.withLock { (_) throws(HDF5Error) in
      H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
      H5PLset_loading_state(0)
      return try body()
    }
  }
}

/// The part of a file that a call is about, for messages.
struct HDF5Place {
  /// The path of the file.
  let file: String
  /// The path inside the file, as in `/Encoder_M/conv1/weight`; `/` is the file itself.
  let object: String

  /// Passes on what a function returned unless it is negative, which means failure.
  ///
  /// Throws ``HDF5Error/unreadable(path:object:reason:)`` with the library's reasons, the innermost
  /// first (wraps `H5Ewalk2`).
  @discardableResult
  func check<Status: SignedInteger>(_ status: Status) throws(HDF5Error) -> Status {
    if status >= 0 { return status }
    var reasons: [String] = []
    unsafe withUnsafeMutablePointer(to: &reasons) { reasons in
      _ = unsafe H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
        { _, entry, reasons in
          guard let entry = unsafe entry?.pointee, let text = unsafe entry.desc,
            let function = unsafe entry.func_name
          else { return 0 }
          unsafe reasons?.assumingMemoryBound(to: [String].self).pointee
            .append(unsafe "\(String(cString: text)) in \(String(cString: function))")
          return 0
        }, reasons)
    }
    throw .unreadable(path: file, object: object, reason: reasons.joined(separator: "; "))
  }

  /// Throws ``HDF5Error/beyondLimit(_:)`` where the object has `found` of what `key` limits.
  func check(
    _ limits: ReadingLimits, _ key: ReadingLimits.Key, _ found: Int
  ) throws(HDF5Error) {
    do throws(FileError) {
      try limits.check(key, found, of: "'\(object)'", in: file)
    } catch { throw .beyondLimit(error) }
  }

  /// Throws ``HDF5Error/beyondLimit(_:)`` where `name`, which the object holds, is too long or cannot
  /// be compared.
  func check(_ limits: ReadingLimits, name: String) throws(HDF5Error) {
    do throws(FileError) {
      try limits.check(name: name, of: "'\(object)'", in: file)
    } catch { throw .beyondLimit(error) }
  }

  func malformed(_ reason: String) -> HDF5Error {
    .malformed(path: file, object: object, reason: reason)
  }

  func unsupported(_ reason: String) -> HDF5Error {
    .unsupported(path: file, object: object, reason: reason)
  }
}

/// Owns one object of the library: a file, a group, a dataset, a type, a space or a list.
struct HDF5Handle: ~Copyable {
  /// The library's name for it.
  let id: hid_t

  private let close: @convention(c) (hid_t) -> herr_t

  /// Takes over what a function of the library just opened; `close` closes it at the end.
  ///
  /// Throws ``HDF5Error/unreadable(path:object:reason:)`` when nothing was opened.
  init(
    _ id: hid_t, closedBy close: @convention(c) (hid_t) -> herr_t, at place: HDF5Place
  ) throws(HDF5Error) {
    self.id = try place.check(id)
    self.close = close
  }

  deinit { _ = close(id) }
}
