public import Tensors

/// The datasets of an HDF5 file with the texts that are attached to its groups.
public struct HDF5Contents: Sendable {
  /// The datasets, called as ``HDF5File`` calls them.
  public let archive: TensorArchive

  /// The path of each entry of ``archive`` inside the file, as in `/layers/conv2d/vars/0`.
  public let paths: [String]

  /// The attributes that hold text, by the path of their group and by name.
  ///
  /// Every group is there, also without attributes; `/` is the file itself. A single text is a list
  /// of one. Attributes of numbers, and of text that is not UTF-8, are not there.
  public let attributes: [String: [String: [String]]]
}

extension HDF5Contents {
  /// What several processes found in one file, their datasets behind one another; the first of them
  /// found the texts. Throws `TensorError` where two datasets have one name.
  init(_ shares: [HDF5Contents]) throws {
    archive = try TensorArchive(shares.flatMap(\.archive.entries))
    paths = shares.flatMap(\.paths)
    attributes = shares[0].attributes
  }
}
