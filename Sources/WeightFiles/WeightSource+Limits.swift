import Files
import Tensors

extension WeightSource {
  /// Checks what the file claims to hold against `limits`, before any element is read.
  ///
  /// The same for every format: the number of tensors, the dimensions of each, the bytes of all of
  /// them together, and how many of these stand for one byte of its files. Throws `FileError`.
  func check(against limits: ReadingLimits) throws {
    try limits.check(
      .tensors, weights.entries.count + weights.unreadable.count, of: "the file", in: path)
    var size = 0
    for entry in weights.entries {
      try limits.check(.rank, entry.shape.rank, of: "tensor '\(entry.name)'", in: path)
      let (product, overflow) = entry.shape.elementCount.multipliedReportingOverflow(
        by: entry.elementType.byteCount)
      size = size.clampedSum(overflow ? .max : product)
    }
    try limits.check(.totalBytes, size, of: "the file", in: path)
    let stored = try dataFiles.reduce(FileBytes(path: path).count) { $0.clampedSum($1.count) }
    try limits.checkExpansion(of: stored, to: size, of: "the file", in: path)
  }
}
