import HDF5Files
import Tensors

/// The layout of Keras 1 and 2, in which attributes list the layers and their variables.
///
///     /                        layer_names = ["conv1", "bn1", ...]
///     /conv1                   weight_names = ["conv1/kernel:0", "conv1/bias:0"]
///     /conv1/conv1/kernel:0    the variable
///
/// A whole model has this inside `/model_weights`, beside `/optimizer_weights`. A list that is too
/// long for one attribute is `layer_names0`, `layer_names1` and so on. The group of a nested model
/// lists the variables of all its layers.
extension KerasVariables {
  /// Reads `contents` if the layout is this one, and otherwise gives nil.
  init?(
    listedIn contents: HDF5Contents, layers: KerasLayers, path: String
  ) throws(KerasError) {
    let isModel =
      contents.attributes["/model_weights"] != nil
      && Self.texts("layer_names", in: contents["/"]) == nil
    let root = isModel ? "/model_weights" : ""
    guard let names = Self.texts("layer_names", in: contents[isModel ? root : "/"]) else {
      return nil
    }
    let places = Dictionary(
      contents.paths.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var listed: Set<Int> = []
    for name in names {
      let group = "\(root)/\(name)"
      guard contents.attributes[group] != nil else {
        throw .missing(path: path, layer: name, found: "no group '\(group)'")
      }
      guard layers.placed.isEmpty || layers[name: name] != nil else {
        throw .contradiction(
          path: path, layer: name, reason: "it has a group, but is not in the model configuration")
      }
      let weights = (Self.texts("weight_names", in: contents[group]) ?? []).map(WeightName.init)
      let folders = Set(weights.map(\.folder))
      for weight in weights {
        guard let place = places["\(group)/\(weight.path)"] else {
          throw .missing(path: path, layer: name, found: "no dataset '\(weight.path)'")
        }
        guard listed.insert(place).inserted else {
          throw .duplicateVariable(path: path, layer: name, name: weight.name)
        }
        variables.append(
          KerasModel.Variable(
            entry: contents.archive.entries[place].name,
            layer: Self.layer(of: weight, in: name, folders: folders, layers: layers),
            name: weight.name))
      }
    }
    for (place, dataset) in contents.paths.enumerated() where !listed.contains(place) {
      unused[place] =
        dataset.hasPrefix("/optimizer_weights/")
        ? Self.optimizer
        : dataset.hasPrefix("\(root)/top_level_model_weights/")
          ? Self.model : "it is not listed among the variables of a layer"
    }
  }

  /// A name in a list of variables: `conv1/kernel:0` has the folder `conv1` and the name `kernel`.
  private struct WeightName {
    let path: String
    let folder: [Substring]
    let name: String

    init(_ path: String) {
      self.path = path
      let parts = path.split(separator: "/")
      folder = Array(parts.dropLast())
      let last = parts.last ?? ""
      let colon = last.lastIndex(of: ":") ?? last.endIndex
      name = String(Int(last[colon...].dropFirst()) == nil ? last : last[..<colon])
    }
  }

  /// The layer of a variable that the group `group` lists.
  ///
  /// TensorFlow may have put a counter behind the layer's name in the folder.
  private static func layer(
    of weight: WeightName, in group: String, folders: Set<[Substring]>, layers: KerasLayers
  ) -> String {
    let last = weight.folder.last ?? ""
    let known = layers[name: group]
    let isOneLayer =
      folders.count <= 1 && known?.layer.model == nil
      && (known != nil || last.isEmpty || last == group
        || (last.hasPrefix("\(group)_") && Int(last.dropFirst(group.count + 1)) != nil))
    if isOneLayer { return group }
    let isRepeated = weight.folder.count > 1 && weight.folder[0] == group
    let inner = weight.folder.dropFirst(isRepeated ? 1 : 0).joined(separator: "/")
    let name = "\(group)/\(inner)"
    if layers[name: name] != nil { return name }
    let candidates = layers.placed.filter {
      $0.layer.name == last && $0.name.hasPrefix("\(group)/")
    }
    return candidates.count == 1 ? candidates[0].name : name
  }

  /// The texts of the attribute `name`, or of the attributes that it is cut into.
  private static func texts(_ name: String, in attributes: [String: [String]]) -> [String]? {
    if let texts = attributes[name] { return texts }
    var texts: [String]?
    var index = 0
    while let part = attributes["\(name)\(index)"] {
      texts = (texts ?? []) + part
      index += 1
    }
    return texts
  }
}

extension HDF5Contents {
  /// The texts attached to a group; none if it is not there.
  fileprivate subscript(group: String) -> [String: [String]] { attributes[group] ?? [:] }
}
