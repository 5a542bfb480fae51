import Networks
import STMModel
import Safetensors
import Tensors

/// A network small enough for a debug build, with invented weights.
enum TinyModel {
  /// Its configuration.
  static let configuration = STMConfiguration(
    trunkWidth: 2, blocks: [1, 1, 1], keyChannels: 2, valueChannels: 4, decoderChannels: 4)

  /// Its tensors, without the counters of training batches.
  static func entries() -> [TensorArchive.Entry] {
    STMNetwork(configuration).parameters.filter { !$0.isOptional }.map { parameter in
      let values = (0..<parameter.shape.elementCount).map { index in
        Float((index * 37 + parameter.name.utf8.count * 11) % 101 + 1) / 101
      }
      return TensorArchive.Entry(
        name: parameter.name, tensor: Tensor(FloatTensor(shape: parameter.shape, values: values)))
    }
  }

  /// The same with other elements where `changes`, by the names of tensors, give any.
  static func entries(changing changes: [String: (Int) -> Float?]) throws -> [TensorArchive.Entry] {
    try entries().map { entry in
      guard let change = changes[entry.name] else { return entry }
      var tensor = try entry.tensor().floats()
      for index in tensor.values.indices {
        tensor.values[index] = change(index) ?? tensor.values[index]
      }
      return TensorArchive.Entry(name: entry.name, tensor: Tensor(tensor))
    }
  }

  /// Writes `entries`, by default all of them, as a safetensors file.
  static func write(_ entries: [TensorArchive.Entry] = entries(), to path: String) throws {
    try SafetensorsFile.write(try TensorArchive(entries), to: path)
  }
}

extension TensorArchive.Entry {
  /// A tensor of this shape whose elements are all `value`.
  init(_ name: String, _ shape: Shape, filledWith value: Float = 0) {
    let values = [Float](repeating: value, count: shape.elementCount)
    self.init(name: name, tensor: Tensor(FloatTensor(shape: shape, values: values)))
  }
}
