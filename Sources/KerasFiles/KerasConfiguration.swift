import Files

/// A model as its configuration describes it: layers, and which outputs each use of them reads.
///
///     functional   layers with inbound nodes, one for each use; input_layers; output_layers
///     sequential   layers, each reading the one before it
///
/// A nested model is a layer that has a model of its own. Subclasses of Keras's models are told by
/// what they hold.
struct KerasConfiguration {
  /// One output of one use of a layer.
  struct Reference: Hashable {
    /// The name of the layer in the same model.
    var layer: String
    /// Which use of the layer.
    var use: Int
    /// Which of its outputs.
    var output: Int
  }

  /// A layer of the model.
  struct Layer {
    /// Its own name.
    let name: String
    /// Its class, without the package that it is registered in.
    let className: String
    /// Whether it is a function, which Keras does not save as a layer.
    let isFunction: Bool
    /// Its settings.
    let settings: JSONValue
    /// What each use of it reads.
    var uses: [[Reference]]
    /// What it is made of, if it is a model.
    let model: KerasConfiguration?

    /// Whether it stands for an input of the model.
    var isInput: Bool { className == "InputLayer" }
  }

  /// The model's name.
  let name: String
  /// Its layers, in the order of the configuration.
  let layers: [Layer]
  /// What it is given, in its order.
  let inputs: [Reference]
  /// What it hands out, in its order.
  let outputs: [Reference]

  /// Reads `json`, the configuration of a model in the file at `path`; nil if it lists no layers.
  ///
  /// Throws `FileError` or ``KerasError/malformedConfiguration(path:layer:reason:)``.
  init?(_ json: JSONValue, path: String, limits: ReadingLimits) throws {
    var count = KerasLayerCount(path: path, limits: limits)
    try self.init(json, path: path, outer: 0, &count)
  }

  /// The names of the models around it take `outer` bytes; `count` is of all layers so far.
  fileprivate init?(
    _ json: JSONValue, path: String, outer: Int, _ count: inout KerasLayerCount
  ) throws {
    guard let settings = json["config"], let items = Self.items(of: settings) else { return nil }
    let name = json["name"]?.string ?? settings["name"]?.string ?? "model"
    var layers: [Layer] = []
    for item in items { layers.append(try Layer(item, path: path, outer: outer, &count)) }
    self.name = name
    if settings["input_layers"] != nil {
      inputs = Self.references(in: settings["input_layers"] ?? .null)
      outputs = Self.references(in: settings["output_layers"] ?? .null)
    } else {
      inputs = Self.chain(&layers)
      outputs = layers.last.map { [Reference(layer: $0.name, use: 0, output: 0)] } ?? []
    }
    self.layers = layers
    var names: Set<String> = []
    for layer in layers where !names.insert(layer.name).inserted {
      throw KerasError.malformedConfiguration(
        path: path, layer: layer.name, reason: "expected once in '\(name)', found twice")
    }
  }

  /// The layers of a model's settings; Keras 1 has nothing but them in a sequential model's.
  private static func items(of settings: JSONValue) -> [JSONValue]? {
    settings.array ?? settings["layers"]?.array
  }

  /// Makes each layer read the one before it; returns the input, which it adds if there is none.
  private static func chain(_ layers: inout [Layer]) -> [Reference] {
    guard let first = layers.first else { return [] }
    if !first.isInput {
      layers.insert(
        Layer(
          name: "\(first.name)_input", className: "InputLayer", isFunction: false,
          settings: first.settings, uses: [], model: nil), at: 0)
    }
    for index in layers.indices.dropFirst() {
      layers[index].uses = [[Reference(layer: layers[index - 1].name, use: 0, output: 0)]]
    }
    return [Reference(layer: layers[0].name, use: 0, output: 0)]
  }

  /// The references in lists of Keras 2, as in `["conv1", 0, 0]` and `["add", 0, 0, {"y": ...}]`.
  fileprivate static func references(in value: JSONValue) -> [Reference] {
    switch value {
    case .array(let values):
      guard let reference = reference(values) else { return values.flatMap(references) }
      return [reference] + (values.count > 3 ? references(in: values[3]) : [])
    case .object(let members): return members.flatMap { references(in: $0.value) }
    default: return []
    }
  }

  /// The references in arguments of Keras 3, where a tensor is an object with a history.
  fileprivate static func tensors(in value: JSONValue) -> [Reference] {
    if value["class_name"]?.string == "__keras_tensor__" {
      return value["config"]?["keras_history"]?.array.flatMap(reference).map { [$0] } ?? []
    }
    switch value {
    case .array(let values): return values.flatMap(tensors)
    case .object(let members): return members.flatMap { tensors(in: $0.value) }
    default: return []
    }
  }

  private static func reference(_ values: [JSONValue]) -> Reference? {
    guard values.count >= 3, let layer = values[0].string, let use = values[1].integer,
      let output = values[2].integer, use >= 0
    else { return nil }
    return Reference(layer: layer, use: use, output: output)
  }
}

extension KerasConfiguration.Layer {
  /// Reads `json`, an item of a model's list of layers.
  fileprivate init(
    _ json: JSONValue, path: String, outer: Int, _ count: inout KerasLayerCount
  ) throws {
    guard let settings = json["config"],
      let name = json["name"]?.string ?? settings["name"]?.string,
      let registered = json["class_name"]?.string,
      let className = registered.split(separator: ">").last
    else {
      throw KerasError.malformedConfiguration(
        path: path, layer: json["name"]?.string ?? "", reason: "expected a name, class and settings"
      )
    }
    let length = outer + name.utf8.count + className.utf8.count
    try count.add(nameBytes: length)
    self.name = name
    self.className = String(className)
    self.settings = settings
    isFunction = json["module"]?.string?.hasPrefix("keras.src.ops.") ?? false
    let isModel = className == "Sequential" || settings["input_layers"] != nil
    model = isModel ? try KerasConfiguration(json, path: path, outer: length, &count) : nil
    uses = (json["inbound_nodes"]?.array ?? []).map { node in
      node.array == nil
        ? KerasConfiguration.tensors(in: node["args"] ?? .null)
          + KerasConfiguration.tensors(in: node["kwargs"] ?? .null)
        : KerasConfiguration.references(in: node)
    }
  }
}

/// The layers of a model and of all models in it, counted while they are read.
struct KerasLayerCount {
  /// The most bytes of the names of layers, each with those of the models around it.
  private static let mostNameBytes = 1 << 23

  private let path: String
  private let limits: ReadingLimits
  private var layers = 0
  private var nameBytes = 0

  /// A count for the file at `path`.
  init(path: String, limits: ReadingLimits) {
    self.path = path
    self.limits = limits
  }

  /// Counts layers whose names take `nameBytes` each. Throws `FileError` or ``KerasError``.
  mutating func add(_ count: Int = 1, nameBytes: Int) throws {
    layers += count
    try limits.check(.nodes, layers, of: KerasFile.configurationPart, in: path)
    try limits.check(.nameBytes, nameBytes, of: KerasFile.configurationPart, in: path)
    self.nameBytes = self.nameBytes.clampedSum(count * nameBytes)
    guard self.nameBytes <= Self.mostNameBytes else {
      throw KerasError.malformedConfiguration(
        path: path, layer: "*",
        reason: "expected at most \(Self.mostNameBytes) bytes of names, with those of the models "
          + "around each, found more")
    }
  }
}
