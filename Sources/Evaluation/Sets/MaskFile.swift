import Images
import Segmentation

/// Reads masks as the protocols have them.
enum MaskFile {
  /// The ids at `path`: the indices of an indexed PNG, or the values of a gray one, as they are.
  ///
  /// Where objects are merged, all but 0 become 1, and gray pictures may be in colour. Throws
  /// `FileError` or `ImageError`.
  static func read(_ path: String, merged: Bool) throws -> ObjectMask {
    guard merged else { return try ObjectMask(contentsOf: path, gray: .ids) }
    let mask = ObjectMask(try grayOrIndexed(path), gray: .ids)
    return ObjectMask(
      width: mask.width, height: mask.height, ids: mask.ids.map { $0 == 0 ? 0 : 1 })
  }

  private static func grayOrIndexed(_ path: String) throws -> MaskImage {
    do {
      return try ImageFile.readMask(path)
    } catch let error as ImageError {
      guard case .notAMask = error, let image = try? ImageFile.readRGB(path),
        let values = gray(image.bytes)
      else { throw error }
      return MaskImage(size: image.size, values: values, palette: nil)
    }
  }

  /// The values of an RGB picture whose channels are the same.
  private static func gray(_ bytes: [UInt8]) -> [UInt8]? {
    var values: [UInt8] = []
    values.reserveCapacity(bytes.count / 3)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      guard bytes[start] == bytes[start + 1] && bytes[start] == bytes[start + 2] else { return nil }
      values.append(bytes[start])
    }
    return values
  }
}
