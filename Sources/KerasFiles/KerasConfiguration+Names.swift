extension KerasConfiguration {
  /// A layer of the model or of a model in it.
  struct Placed {
    /// Its name with those of the models around it, as in `encoder/conv1`.
    let name: String
    /// The layer itself.
    let layer: Layer
    /// Where Keras 3 saves it: a counter for each class, as in `layers/functional/layers/conv2d_1`.
    let path: String
  }

  /// Every layer, those of nested models after the model.
  func placedLayers() -> [Placed] {
    var placed: [Placed] = []
    appendLayers(to: &placed, in: "", path: "layers")
    return placed
  }

  /// Appends every layer, where names begin with `model` and paths with `path`.
  private func appendLayers(to placed: inout [Placed], in model: String, path: String) {
    var counts: [String: Int] = [:]
    for layer in layers where !layer.isFunction {
      let base = Self.snakeCase(layer.className)
      let count = counts[base, default: 0]
      counts[base] = count + 1
      let name = model + layer.name
      let place = "\(path)/\(base)" + (count == 0 ? "" : "_\(count)")
      placed.append(Placed(name: name, layer: layer, path: place))
      if let model = layer.model {
        model.appendLayers(to: &placed, in: "\(name)/", path: "\(place)/layers")
      }
    }
  }

  /// The name of a class as Keras writes it in paths: `MaxPooling2D` is `max_pooling2d`.
  ///
  /// An underscore goes before a capital that small letters follow, then between a small letter and
  /// a capital: `ReLU` is `re_lu`.
  static func snakeCase(_ name: String) -> String {
    let letters = Array(name.utf8.filter { $0 == UInt8(ascii: "_") || isLetter($0) || isDigit($0) })
    var words: [UInt8] = []
    var index = 0
    while index < letters.count {
      words.append(letters[index])
      index += 1
      guard index + 1 < letters.count, isCapital(letters[index]), isSmall(letters[index + 1])
      else { continue }
      words += [UInt8(ascii: "_"), letters[index]]
      index += 1
      while index < letters.count, isSmall(letters[index]) {
        words.append(letters[index])
        index += 1
      }
    }
    var result: [UInt8] = []
    for (index, letter) in words.enumerated() {
      if index > 0, isSmall(words[index - 1]), isCapital(letter) {
        result.append(UInt8(ascii: "_"))
      }
      result.append(isCapital(letter) ? letter | 0x20 : letter)
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isSmall(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }

  private static func isLetter(_ byte: UInt8) -> Bool { isSmall(byte) || isCapital(byte) }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }
}
