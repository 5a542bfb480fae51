import Foundation
import Networks
import STMModel
import Safetensors
import Tensors
import Testing

/// The repository, above this file.
let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// The files of the sample model and clip.
enum Sample {
  static let memorize = "\(repository)/SampleWeights/onnx/memorize.onnx"
  static let query = "\(repository)/SampleWeights/onnx/query.onnx"
  static let decode = "\(repository)/SampleWeights/onnx/decode.onnx"
  static let hdf5 = "\(repository)/SampleWeights/hdf5/stm.h5"
  static let pytorch =
    "\(repository)/Tests/MappingTests/Fixtures/exporters/pytorch-checkpoint/stm.pth"
  static let npz = "\(repository)/Tests/MappingTests/Fixtures/exporters/numpy/stm.npz"
  static let golden = "\(repository)/SampleWeights/golden.safetensors"
  static let clip = "\(repository)/SampleWeights/clip"

  /// The sample model in every precision, made once; int8 for ``size``.
  static let models = Task {
    () throws -> (fp32: String, fp16: String, bf16: String, int8: String) in
    let folder = Tool.folder.appendingPathComponent("CommandTests.models").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (tool, arguments) in [
      (Tool.convert, [memorize, query, decode, "-o", "stm.safetensors"]),
      (.quantize, ["stm.safetensors", "-o", "fp16.safetensors", "--precision", "fp16"]),
      (.quantize, ["stm.safetensors", "-o", "bf16.safetensors", "--precision", "bf16"]),
      (
        .quantize,
        ["stm.safetensors", "-o", "int8.safetensors", "--precision", "int8", "--calibrate", clip]
          + ["--frames", "3", "--long-edge", "96", "--rounding", "nearest"]
      ),
    ] {
      let run = try await tool.run(arguments, in: folder)
      try #require(run.code == 0, "\(run.errors)")
    }
    return (
      "\(folder)/stm.safetensors", "\(folder)/fp16.safetensors", "\(folder)/bf16.safetensors",
      "\(folder)/int8.safetensors"
    )
  }
}

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
