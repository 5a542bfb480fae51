import Files
import HDF5Files
import Tensors

/// The layout of Keras 3, in which a layer's group holds its variables by number.
///
///     /layers/conv2d_12/vars      name = "memory_conv1_conv" (from Keras 3.7 on)
///     /layers/conv2d_12/vars/0    the kernel
///     /layers/functional/layers/conv2d/vars/0     a layer of a nested model
///     /optimizer/vars/0
///
/// The counter runs for each class in the order of the model's layers. Before Keras 3 the group
/// `layers` was `_layer_checkpoint_dependencies`, and on Windows a backslash may stand for `/`.
extension KerasVariables {
  private static let otherState: [String: String] = [
    "optimizer": optimizer, "metrics": "the state of a metric",
    "compile_metrics": "the state of a metric", "_compile_metrics": "the state of a metric",
    "loss_tracker": "the state of a metric", "_loss_tracker": "the state of a metric",
  ]

  /// Reads `contents` if the layout is this one, and otherwise gives nil.
  init?(
    numberedIn contents: HDF5Contents, layers: KerasLayers, path: String
  ) throws(KerasError) {
    let paths = contents.paths.map(Self.parts)
    guard paths.contains(where: { $0.count > 1 && $0[$0.count - 2] == "vars" }) else { return nil }
    var ownNames: [String: String] = [:]
    for (group, attributes) in contents.attributes {
      let parts = Self.parts(group)
      guard parts.last == "vars", let name = attributes["name"]?.first else { continue }
      ownNames[parts.dropLast().joined(separator: "/")] = name
    }
    var owners: [String] = []
    var places: [String: [(key: String, place: Int)]] = [:]
    for (place, parts) in paths.enumerated() {
      if let reason = Self.reason(parts) {
        unused[place] = reason
        continue
      }
      let owner = parts.dropLast(2).joined(separator: "/")
      if places[owner] == nil { owners.append(owner) }
      places[owner, default: []].append((parts[parts.count - 1], place))
    }
    for owner in owners {
      let (layer, isCounter) = try Self.layer(
        at: owner, ownNames: ownNames, layers: layers, path: path)
      namesAreCounters = namesAreCounters || isCounter
      let keys = places[owner, default: []]
      let numbered = keys.filter { Int($0.key) != nil }.sorted {
        (Int($0.key) ?? 0) < (Int($1.key) ?? 0)
      }
      let names = Self.names(count: numbered.count, owner: owner, known: layers[path: owner])
      for (index, item) in numbered.enumerated() {
        guard item.key == "\(index)" else {
          throw .missing(
            path: path, layer: layer, found: "variable \(item.key) without variable \(index)")
        }
        variables.append(
          .init(
            entry: contents.archive.entries[item.place].name, layer: layer, name: names[index]))
      }
      for item in keys where Int(item.key) == nil {
        variables.append(
          .init(entry: contents.archive.entries[item.place].name, layer: layer, name: item.key))
      }
    }
  }

  /// The parts of a path, in today's spelling.
  private static func parts(_ path: String) -> [String] {
    path.split { $0 == "/" || $0 == "\\" }.map {
      $0 == "_layer_checkpoint_dependencies" ? "layers" : String($0)
    }
  }

  /// Why the dataset at `parts` is no variable of a layer; nil if it is one.
  private static func reason(_ parts: [String]) -> String? {
    guard parts.count > 1, parts[parts.count - 2] == "vars" else {
      return "it is not in a group 'vars', where Keras keeps variables"
    }
    if parts.count == 2 { return model }
    if let reason = otherState[parts[0]] { return reason }
    return parts[parts.count - 3].hasPrefix("seed_generator")
      ? "the state of a random generator" : nil
  }

  /// The name of the layer that is saved at `owner`, and whether that is only its counter.
  private static func layer(
    at owner: String, ownNames: [String: String], layers: KerasLayers, path: String
  ) throws(KerasError) -> (name: String, isCounter: Bool) {
    var names: [String] = []
    var isCounter = false
    var place = ""
    for (index, part) in owner.split(separator: "/").enumerated() {
      place += index == 0 ? "\(part)" : "/\(part)"
      let own = ownNames[place]
      let configured = layers[path: place]?.layer.name
      if let own, let configured, own != configured {
        throw .contradiction(
          path: path, layer: own,
          reason: "the model configuration has '\(configured)' at '\(place)'")
      }
      if index == 1, place.hasPrefix("layers/"), configured == nil, !layers.placed.isEmpty {
        throw .contradiction(
          path: path, layer: own ?? place,
          reason: "it has variables, but is not in the model configuration")
      }
      isCounter = own == nil && configured == nil
      if let name = configured ?? own {
        names.append(name)
      } else if part != "layers" {
        names.append(String(part))
      }
    }
    return (names.joined(separator: "/"), isCounter)
  }

  /// The names of `count` variables of the layer at `owner`, in their order.
  ///
  /// A class whose variables are not known has `vars.0`, `vars.1` and so on.
  private static func names(
    count: Int, owner: String, known: KerasConfiguration.Placed?
  ) -> [String] {
    let last = owner.split(separator: "/").last ?? ""
    let counter = last.lastIndex(of: "_").flatMap { Int(last[$0...].dropFirst()) == nil ? nil : $0 }
    let settings = known?.layer.settings
    var names: [String] = []
    switch known.map({ KerasConfiguration.snakeCase($0.layer.className) })
      ?? String(last[..<(counter ?? last.endIndex)])
    {
    case "conv1d", "conv2d", "conv3d", "dense": names = ["kernel", "bias"]
    case "batch_normalization":
      let isScaled = settings.map { $0["scale"]?.bool ?? true } ?? (count >= 4)
      let isCentered = settings.map { $0["center"]?.bool ?? true } ?? (count >= 4)
      names =
        (isScaled ? ["gamma"] : []) + (isCentered ? ["beta"] : [])
        + (settings == nil && count == 3 ? ["vars.0"] : [])
        + ["moving_mean", "moving_variance"]
    default: break
    }
    return (0..<count).map { $0 < names.count ? names[$0] : "vars.\($0)" }
  }
}
