import Models
import Quantization

/// A model file with what it says of itself.
struct ModelFile {
  /// The model.
  let model: Model
  /// The last component of its path.
  let name: String
  /// Its size.
  let bytes: Int
  /// The SHA-256 of its contents.
  let sha256: String
  /// Where its weights came from, if it says so.
  let provenance: Provenance?

  /// Reads the whole file once more. Throws `FileError` or `ModelError`.
  init(_ model: Model) throws {
    self.model = model
    let file = try Provenance.Source(path: model.path)
    (name, bytes, sha256) = (file.name, file.bytes, file.sha256)
    provenance = try model.provenance
  }

  /// The name of its plan.
  var precision: String { model.plan.name }
}
