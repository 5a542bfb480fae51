public import ArgumentParser
public import HDF5Files
import Isolation
public import WeightFiles

/// How files of weights are read, which may be a stranger's.
public struct ReadingOptions: ParsableArguments {
  @Flag(
    help: """
      Read HDF5 in the tool's own process rather than in a confined one, where a damaged file can do \
      no harm: for files that you trust, on systems without confinement.
      """)
  var inProcess = false

  @Option(
    name: .customLong("external-data-root"),
    help: ArgumentHelp(
      "A folder for an ONNX model's data files that are not beside it, or are links there.",
      valueName: "folder"),
    completion: .directory)
  var dataRoot: String?

  /// How much a file may ask for.
  @OptionGroup public var limits: LimitsOption

  public init() {}

  /// The files that say how to read: inputs like the others.
  public var inputs: [String] { limits.inputs }

  /// Where HDF5 is read.
  public var reader: HDF5Reader { inProcess ? .inProcess : .confined(.current) }

  /// Reads the file at `path`. Throws what `WeightFile.read` or reading the limits throws.
  public func read(_ path: String, as format: WeightFormat? = nil) throws -> WeightSource {
    try WeightFile.read(
      path, as: format, hdf5By: reader, dataRoot: dataRoot, limits: try limits.read())
  }
}
