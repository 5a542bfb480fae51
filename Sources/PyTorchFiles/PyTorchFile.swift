public import Files
public import Tensors
import ZipFiles

/// Reads what `torch.save` writes, without running any of the Python in it.
///
///     zip archive, since PyTorch 1.6           stream, before that (all little-endian)
///     NAME/data.pkl   a pickle: the object     a pickle: 0x1950A86A20F9469CFC6C
///     NAME/byteorder  "little" or "big"        a pickle: 1001, the version
///     NAME/data/KEY   the bytes of a storage   a pickle: the machine's properties
///     ...                                      a pickle: the object
///                                              a pickle: the list of the storages' keys
///                                              of each, in this order: 8 bytes, the number of its
///                                              elements, then the elements
///
/// A storage is a row of elements that any number of tensors share; the object's pickle refers to
/// it as `("storage", class, KEY, device, number of elements)`. A tensor is a storage, the first
/// element's place in it, a shape and for every dimension a stride, all counted in elements.
///
/// A tensor's name is its path through dictionaries and lists, joined with dots, as in
/// `state_dict.module.conv.weight`; a tensor that is the object itself is called as the file without
/// what follows the last dot. Numbers and short texts of the outermost dictionary become metadata.
public enum PyTorchFile {
  /// Opens the file at `path`; elements are read, and their checksums checked, when asked for.
  ///
  /// Elements come out row-major and little-endian, whatever their strides and the file's order.
  /// Throws `FileError`, `ZipError`, ``PyTorchError`` or `TensorError`.
  public static func read(
    _ path: String, limits: ReadingLimits = .standard
  ) throws -> TensorArchive {
    let file = try FileBytes(path: path)
    if LegacyStream.recognizes(file) {
      let stream = try LegacyStream(file, limits: limits)
      return try Flattening(
        of: stream.object, in: stream.storages, path: path, limits: limits
      ).archive()
    }
    guard !isTar(file) else {
      throw PyTorchError.unsupported(path: path, found: "the tar archive of PyTorch before 0.1.10")
    }
    guard ZipArchive.recognizes(file) else { throw PyTorchError.unknownFormat(path: path) }
    let archive = try SavedArchive(try ZipArchive(file, limits: limits))
    return try Flattening(
      of: try archive.object(limits: limits), in: archive.storages, path: path, limits: limits
    ).archive()
  }

  /// Whether `file` is PyTorch's by its contents, be it of a form that
  /// ``read(_:limits:)`` refuses by name.
  public static func recognizes(
    _ file: FileBytes, limits: ReadingLimits = .standard
  ) -> Bool {
    if LegacyStream.recognizes(file) || isTar(file) { return true }
    guard ZipArchive.recognizes(file), let archive = try? ZipArchive(file, limits: limits) else {
      return false
    }
    return SavedArchive.prefix(of: archive) != nil
  }

  /// Whether `file` is a tar archive that starts with one of the members that PyTorch wrote.
  private static func isTar(_ file: FileBytes) -> Bool {
    guard file.count >= 512 else { return false }
    return file.withBytes(in: 0..<512) { bytes in
      unsafe bytes.withUnsafeBytes { header in
        guard unsafe header[257..<262].elementsEqual("ustar".utf8) else { return false }
        let name = unsafe String(decoding: header.prefix { $0 != 0 }.prefix(100), as: UTF8.self)
        return ["storages", "tensors", "pickle", "sys_info"].contains(name)
      }
    }
  }
}
