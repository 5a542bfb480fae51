import Foundation
import Mapping
import STMModel
import Tensors
import TestSupport
import Testing
import WeightFiles

/// Exports for tests: of the tiny network in memory, and those beside `Fixtures/exporters/make.py`.
enum Export {
  /// Every tensor of the tiny network under its canonical name, with invented elements.
  static func entries(seed: UInt64 = 1) throws -> [TensorArchive.Entry] {
    try TensorArchive.random(STMNetwork(.tiny).parameters, seed: seed).entries
  }

  /// The same, where the tensor `name` is `tensor`.
  static func entries(
    with name: String, _ tensor: Tensor
  ) throws -> [TensorArchive.Entry] {
    try entries().map { $0.name == name ? .init(name: name, tensor: tensor) : $0 }
  }

  /// The same, where a name that starts with one of the prefixes starts with another.
  static func entries(
    renaming prefixes: KeyValuePairs<String, String>
  ) throws -> [TensorArchive.Entry] {
    try entries().map { entry in
      let prefix = prefixes.first { entry.name.hasPrefix($0.key) }
      return prefix.map { entry.renamed($0.value + entry.name.dropFirst($0.key.count)) } ?? entry
    }
  }

  /// Maps `files`, which are tensors by the name of their file.
  static func map(
    files: KeyValuePairs<String, [TensorArchive.Entry]>, options: MappingOptions = .init()
  ) throws -> MappedWeights {
    try MappedWeights(
      of: try files.map { name, entries in
        WeightSource(
          path: "exports/\(name)", format: .safetensors, weights: try TensorArchive(entries))
      }, options: options)
  }

  /// Maps a file `stm.safetensors` of `entries`.
  static func map(
    _ entries: [TensorArchive.Entry], options: MappingOptions = .init()
  ) throws -> MappedWeights {
    try map(files: ["stm.safetensors": entries], options: options)
  }

  /// Maps `files` of the folder of exporters.
  static func map(
    exporters files: [String], options: MappingOptions = .init()
  ) throws -> MappedWeights {
    try MappedWeights(
      of: try files.map { try WeightFile.read(try path($0)) }, options: options)
  }

  /// The path of a file of the folder of exporters.
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appending(path: "Fixtures/exporters/\(name)").path
  }

  /// The three unfolded files of PyTorch's exporter.
  static let torchscript = ["memorize", "query", "decode"].map {
    "torchscript-17-unfolded/\($0).onnx"
  }

  /// The tensors that the exports of that folder were made of.
  static func truth() throws -> TensorArchive {
    try WeightFile.read(try path("stm.safetensors")).weights
  }

  /// The same with every batch norm inside its convolution.
  static func folded() throws -> TensorArchive {
    try WeightFile.read(try path("folded.safetensors")).weights
  }
}

extension [MappingProblem] {
  /// What each of them says.
  var texts: [String] { map(\.description) }
}

extension FloatTensor {
  /// Numbers between -1 and 1.
  static func random(_ shape: Shape, seed: UInt64) -> FloatTensor {
    var generator = SeededGenerator(seed: seed)
    return random(shape, using: &generator)
  }
}
