public import Files
public import HDF5Files
public import Tensors
import WeightFiles

/// Activations that a framework saved, in any format that the suite reads.
///
///     input/frames [2, 3, H, W]         a frame that is memorized, and one that is segmented
///     input/masks, input/others         [N, 1, H, W]: the objects of the first frame
///     memorize/Encoder_M.conv1 ...      what each layer made of the first frame
///     segment/Decoder.pred2 ...         what each layer made of the second
///
/// In HDF5 the part before the slash is a group, and what follows may be groups as well.
public enum GoldenFile {
  /// The parts of a golden file.
  private static let parts = ["input", "memorize", "segment"]

  /// Reads the file at `path`, whose format its contents tell; `reader` is for HDF5.
  ///
  /// Throws what `WeightFile.read` throws, or `TensorError.duplicateName`.
  public static func read(
    _ path: String, hdf5By reader: HDF5Reader = .inProcess,
    limits: ReadingLimits = .standard
  ) throws -> TensorArchive {
    let source = try WeightFile.read(path, hdf5By: reader, limits: limits)
    guard source.format == .hdf5 else { return source.weights }
    return try TensorArchive(source.weights.entries.map { $0.renamed(slashed($0.name)) })
  }

  /// `segment.Decoder.pred2`, which HDF5's reader makes of `/segment/Decoder.pred2`, as
  /// `segment/Decoder.pred2`.
  private static func slashed(_ name: String) -> String {
    guard let dot = name.firstIndex(of: "."), parts.contains(String(name[..<dot])) else {
      return name
    }
    return name[..<dot] + "/" + name[name.index(after: dot)...]
  }
}
