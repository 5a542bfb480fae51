/// What a layout of an HDF5 file says of its datasets.
struct KerasVariables {
  /// The variables, in the order of the layout.
  var variables: [KerasModel.Variable] = []
  /// Why a dataset is no variable, by its place in the file.
  var unused: [Int: String] = [:]
  /// Whether some layers are called by their counters.
  var namesAreCounters = false

  static let optimizer = "the state of an optimizer"
  static let model = "a variable of the model itself, of no layer"
}

/// The layers of a configuration, found by name or by path.
struct KerasLayers {
  /// All layers, in the order of the configuration.
  let placed: [KerasConfiguration.Placed]
  /// The place of each layer in the order, by name.
  let order: [String: Int]

  private let paths: [String: Int]

  /// The layers of `configuration`, if there is one.
  init(_ configuration: KerasConfiguration?) {
    placed = configuration?.placedLayers() ?? []
    order = Dictionary(placed.enumerated().map { ($1.name, $0) }) { first, _ in first }
    paths = Dictionary(placed.enumerated().map { ($1.path, $0) }) { first, _ in first }
  }

  /// The layer called `name`.
  subscript(name name: String) -> KerasConfiguration.Placed? { order[name].map { placed[$0] } }

  /// The layer that Keras 3 saves at `path`.
  subscript(path path: String) -> KerasConfiguration.Placed? { paths[path].map { placed[$0] } }
}
