import Tensors

extension Model {
  /// Where the weights came from, if the file says so.
  ///
  /// Throws ``ModelError/metadata(path:key:expected:found:)`` or `QuantizationError.plan`.
  public var provenance: Provenance? {
    get throws { try ModelMetadata(weights.metadata, path: path).provenance }
  }
}
