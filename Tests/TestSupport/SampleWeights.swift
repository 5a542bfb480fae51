import Foundation
import Mapping
public import Models
import Quantization
public import Tensors
public import WeightFiles

/// The sample model and clip at the root of the package.
public enum SampleWeights {
  /// The path of `name` in the folder `SampleWeights`.
  public static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../SampleWeights/\(name)").standardized.path
  }

  /// The three files of the ONNX export.
  public static func onnx() throws -> [WeightSource] {
    try ["memorize", "query", "decode"].map { try WeightFile.read(path("onnx/\($0).onnx")) }
  }

  /// The file of the HDF5 export.
  public static func hdf5() throws -> WeightSource { try WeightFile.read(path("hdf5/stm.h5")) }

  /// What PyTorch computed with the sample model.
  public static func golden() throws -> TensorArchive {
    try WeightFile.read(path("golden.safetensors")).weights
  }

  /// The sample model in binary32, read once.
  public static func model() throws -> Model { try cached.get() }

  private static let cached = Result {
    let mapped = try MappedWeights(of: try onnx())
    return try Model(
      mapped.network, precision: .float32, weights: mapped.weights, path: "sample")
  }
}
