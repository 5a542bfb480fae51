public import Files
public import HDF5Files
import Tensors
import ZipFiles

/// Reads what Keras saves: whole models and weights alone.
///
///     .h5           HDF5 with lists of layers and variables, from `save` or Keras 2's `save_weights`;
///                   a whole model has its configuration, JSON, in the attribute `model_config`
///     .weights.h5   HDF5 with numbered variables, from Keras 3's `save_weights`
///     .keras        a zip archive of `config.json` and such a file, `model.weights.h5`
public enum KerasFile {
  static let configurationPart = "model configuration"

  private static let configurationMember = "config.json"
  private static let weightsMember = "model.weights.h5"

  /// Reads the file at `path`; nil if it is not Keras's, as with weights that h5py wrote alone.
  ///
  /// A damaged archive is only taken for Keras's if it is called `.keras`.
  /// Throws `FileError`, `IsolationError`, `HDF5Error`, `ZipError`, `TensorError`, `GraphError` or
  /// ``KerasError``.
  public static func read(
    _ path: String, by reader: HDF5Reader = .inProcess, limits: ReadingLimits = .standard
  ) throws -> KerasModel? {
    let file = try FileBytes(path: path)
    if file.withBytes({ HDF5File.recognizes($0) }) {
      return try model(
        in: try HDF5File.contents(path, by: reader, limits: limits), path: path, limits: limits)
    }
    guard ZipArchive.recognizes(file) else { return nil }
    guard path.hasSuffix(".keras") else {
      return try (try? ZipArchive(file, limits: limits)).flatMap {
        try read($0, path: path, by: reader, limits: limits)
      }
    }
    return try read(
      try ZipArchive(file, limits: limits), path: path, by: reader, limits: limits)
  }

  /// The model in the HDF5 file at `path`, which holds `contents`; nil if it is not Keras's.
  ///
  /// Throws `FileError`, `GraphError` or ``KerasError``.
  public static func model(
    in contents: HDF5Contents, path: String, limits: ReadingLimits = .standard
  ) throws -> KerasModel? {
    let text = contents.attributes["/"]?["model_config"]?.first
    return try model(
      contents, configuration: text.map { Array($0.utf8) }, path: path, limits: limits)
  }

  /// Whether `file` is a `.keras` archive; what is HDF5 shows itself only when it is read.
  public static func recognizes(
    _ file: FileBytes, limits: ReadingLimits = .standard
  ) -> Bool {
    guard ZipArchive.recognizes(file), let archive = try? ZipArchive(file, limits: limits) else {
      return false
    }
    let names = archive.members.map(\.name)
    return [configurationMember, weightsMember].allSatisfy(names.contains)
  }

  private static func read(
    _ archive: ZipArchive, path: String, by reader: HDF5Reader, limits: ReadingLimits
  ) throws -> KerasModel? {
    let members = Dictionary(archive.members.map { ($0.name, $0) }) { first, _ in first }
    guard let configuration = members[configurationMember] else { return nil }
    guard let weights = members[weightsMember] else {
      guard members["model.weights.npz"] != nil else { return nil }
      throw KerasError.unsupported(path: path, layer: "*", found: "'model.weights.npz'")
    }
    let text = try archive.header(of: configuration)
    let range = try archive.storedRange(of: weights)
    let bytes =
      if let range {
        TensorBytes(of: archive.file, in: range)
      } else {
        TensorBytes(try archive.contents(of: weights))
      }
    return try model(
      try HDF5File.contents(of: bytes, path: path, by: reader, limits: limits),
      configuration: text, path: path, limits: limits)
  }

  /// The model of an HDF5 file whose configuration is the text `configuration`, if it has one.
  private static func model(
    _ contents: HDF5Contents, configuration text: [UInt8]?, path: String, limits: ReadingLimits
  ) throws -> KerasModel? {
    let configuration = try text.flatMap { text in
      try KerasConfiguration(
        try JSONParser.value(of: text, path: path, part: configurationPart, limits: limits),
        path: path, limits: limits)
    }
    let layers = KerasLayers(configuration)
    guard
      let found = try KerasVariables(listedIn: contents, layers: layers, path: path)
        ?? KerasVariables(numberedIn: contents, layers: layers, path: path)
    else { return nil }
    try KerasModel.check(found.variables, in: contents.archive, against: layers, path: path)
    return KerasModel(
      weights: contents.archive,
      variables: sorted(found.variables, by: layers),
      unused: contents.archive.entries.enumerated().compactMap { place, entry in
        found.unused[place].map { KerasModel.Unused(entry: entry.name, reason: $0) }
      },
      namesAreCounters: found.namesAreCounters,
      layers: layers.placed.map {
        KerasModel.Layer(name: $0.name, className: $0.layer.className, config: $0.layer.settings)
      },
      graph: try configuration.map { try KerasGraph.graph(of: $0, path: path, limits: limits) })
  }

  /// `variables` in the order of `layers`, otherwise as they are.
  private static func sorted(
    _ variables: [KerasModel.Variable], by layers: KerasLayers
  ) -> [KerasModel.Variable] {
    variables.enumerated().sorted { one, other in
      let places = [one, other].map { layers.order[$0.element.layer] ?? Int.max }
      return places[0] == places[1] ? one.offset < other.offset : places[0] < places[1]
    }.map(\.element)
  }
}
