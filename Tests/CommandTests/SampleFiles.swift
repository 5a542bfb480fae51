import Foundation
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
