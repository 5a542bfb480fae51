import CHDF5
import Files

/// Reads the attributes of an object that hold text: one, or a list.
///
///     fixed     each text in the same number of bytes, ended or filled by zeros, or by spaces
///     variable  each text its length and its place in a heap of the file
///
/// An attribute of numbers, or of text that is not UTF-8, is passed over.
struct HDF5Attributes {
  /// The most texts in one attribute; an object's header holds no more of variable length.
  static let maximumCount = 4096

  private let place: HDF5Place
  private let fileSize: Int
  private let heaps: HDF5Heaps
  private let limits: ReadingLimits

  /// The most bytes that texts of variable length may ask of memory; many may share one place.
  private static let largestTotal = 1 << 32

  /// A reader for the object at `place`, in a file of `fileSize` bytes with `heaps`.
  init(at place: HDF5Place, fileSize: Int, heaps: HDF5Heaps, limits: ReadingLimits) {
    self.place = place
    self.fileSize = fileSize
    self.heaps = heaps
    self.limits = limits
  }

  /// The texts of the open `object` by name. Throws ``HDF5Error``.
  func texts(of object: borrowing HDF5Handle) throws(HDF5Error) -> [String: [String]] {
    var texts: [String: [String]] = [:]
    for name in try names(of: object) {
      try place.check(limits, name: name)
      let attribute = try HDF5Handle(
        unsafe H5Aopen(object.id, name, hid_t(H5P_DEFAULT)), closedBy: H5Aclose, at: place)
      let type = try HDF5Handle(H5Aget_type(attribute.id), closedBy: H5Tclose, at: place)
      let space = try HDF5Handle(H5Aget_space(attribute.id), closedBy: H5Sclose, at: place)
      guard H5Tget_class(type.id) == H5T_STRING, H5Sget_simple_extent_type(space.id) != H5S_NULL
      else { continue }
      let count = try checkedCount(of: space, type: type, name: name)
      let isVariable = try place.check(H5Tis_variable_str(type.id)) > 0
      let found =
        isVariable
        ? try variableTexts(of: attribute, type: type, space: space, count: count)
        : try fixedTexts(of: attribute, type: type, count: count)
      for text in found ?? [] { try check(text) }
      texts[name] = found
    }
    return texts
  }

  /// Checks that `text`, of any length, can be compared.
  private func check(_ text: String) throws(HDF5Error) {
    do throws(FileError) {
      try ReadingLimits.check(text: text, of: "'\(place.object)'", in: place.file)
    } catch { throw .beyondLimit(error) }
  }

  /// The names of the attributes (wraps `H5Aiterate2`).
  private func names(of object: borrowing HDF5Handle) throws(HDF5Error) -> [String] {
    var names: [String] = []
    let status = unsafe withUnsafeMutablePointer(to: &names) { names in
      unsafe H5Aiterate2(
        object.id, H5_INDEX_NAME, H5_ITER_INC, nil,
        { _, name, _, names in
          if let name = unsafe name, let text = unsafe String(validatingCString: name) {
            unsafe names?.assumingMemoryBound(to: [String].self).pointee.append(text)
          }
          return 0
        }, names)
    }
    try place.check(status)
    return names
  }

  /// The number of texts, after checking that so many can be in the file.
  private func checkedCount(
    of space: borrowing HDF5Handle, type: borrowing HDF5Handle, name: String
  ) throws(HDF5Error) -> Int {
    let count = Int(clamping: try place.check(H5Sget_simple_extent_npoints(space.id)))
    guard count <= Self.maximumCount else {
      throw place.unsupported(
        "attribute '\(name)': expected at most \(Self.maximumCount) texts, found \(count)")
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: H5Tget_size(type.id))
    guard !overflow, byteCount <= fileSize else {
      throw place.malformed(
        "attribute '\(name)': expected at most the file's \(fileSize) bytes, "
          + "found \(count) texts of \(H5Tget_size(type.id))")
    }
    return count
  }

  private func fixedTexts(
    of attribute: borrowing HDF5Handle, type: borrowing HDF5Handle, count: Int
  ) throws(HDF5Error) -> [String]? {
    let size = H5Tget_size(type.id)
    var bytes = [UInt8](repeating: 0, count: count * size)
    guard !bytes.isEmpty else { return [String](repeating: "", count: count) }
    let status = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe H5Aread(attribute.id, type.id, buffer.baseAddress)
    }
    try place.check(status)
    let isPaddedWithSpaces = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD
    var texts: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      var text = bytes[start..<start + size].prefix { $0 != 0 }
      while isPaddedWithSpaces && text.last == UInt8(ascii: " ") { text.removeLast() }
      guard let text = String(validating: text, as: UTF8.self) else { return nil }
      texts.append(text)
    }
    return texts
  }

  /// Copies the texts that the library allocates (wraps `H5Dvlen_reclaim`).
  private func variableTexts(
    of attribute: borrowing HDF5Handle, type: borrowing HDF5Handle, space: borrowing HDF5Handle,
    count: Int
  ) throws(HDF5Error) -> [String]? {
    guard count > 0 else { return [] }
    guard heaps.largestObject <= Self.largestTotal / count else {
      throw place.malformed(
        "\(count) texts of up to \(heaps.largestObject) bytes: "
          + "expected at most \(Self.largestTotal) bytes")
    }
    var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    var texts: [String]? = []
    let status = unsafe pointers.withUnsafeMutableBufferPointer { pointers in
      let status = unsafe H5Aread(attribute.id, type.id, pointers.baseAddress)
      guard status >= 0 else { return status }
      for index in pointers.indices {
        let text = unsafe pointers[index].map { unsafe String(validatingCString: $0) } ?? ""
        if let text { texts?.append(text) } else { texts = nil }
      }
      return unsafe H5Dvlen_reclaim(type.id, space.id, hid_t(H5P_DEFAULT), pointers.baseAddress)
    }
    try place.check(status)
    return texts
  }
}
