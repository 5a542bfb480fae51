import Files
import Foundation
import Tensors

extension Model {
  /// What tells these weights from others: a SHA-256 (FIPS 180-4) in hexadecimal, the same whatever
  /// the order of the tensors in a file and its metadata.
  ///
  /// Of all tensors in the order of their names' UTF-8 bytes: name, element type and extents as
  /// `NAME\0F32\064,3,7,7\0`, then the elements as a file holds them. Throws what reading a tensor
  /// throws.
  public var fingerprint: String {
    get throws {
      var hash = SHA256()
      let entries = weights.entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      for entry in entries {
        let tensor = try entry.tensor()
        let extents = tensor.shape.dimensions.map(String.init).joined(separator: ",")
        let title = "\(entry.name)\0\(tensor.elementType.rawValue)\0\(extents)\0"
        hash.update(title)
        tensor.bytes.withBytes { hash.update($0) }
      }
      return hash.finalize().hexadecimal
    }
  }
}
