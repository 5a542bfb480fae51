import Foundation
import Reports

@testable import Models

extension Parser {
  /// Parsers of what this suite writes itself, and reads back from wherever it was.
  static let others = [
    Parser("metadata") { path in
      let data = Data(try bytes(of: path))
      guard let entries = try? JSONDecoder().decode([String: String].self, from: data) else {
        return
      }
      _ = try ModelMetadata(entries, path: path)
    },
    Parser("report") { _ = try SavedReport(path: $0) },
  ]

  /// The small files that mutations start from, by path.
  var seeds: [String] {
    switch name {
    case "onnx":
      ["identity.onnx", "constants.onnx", "external/good.onnx", "optional.onnx"].map {
        "OnnxFilesTests/Fixtures/\($0)"
      }
    case "onnx-tensor": ["OnnxFilesTests/Fixtures/tensor.pb"]
    case "hdf5": ["HDF5FilesTests/Fixtures/flat.h5", "HDF5FilesTests/Fixtures/grouped.h5"]
    case "keras":
      ["stored.keras", "deflated.keras"].map { "HostileInputTests/Fixtures/keras/\($0)" }
    case "hdf5-answer": ["HostileInputTests/Fixtures/hdf5-answer/two.json"]
    case "keras-json": ["HostileInputTests/Fixtures/keras-json/small.json"]
    case "pytorch":
      ["plain.pth", "lone.tensor.pth", "deflated.pth"].map { "PyTorchFilesTests/Fixtures/\($0)" }
    case "pytorch-legacy":
      ["kinds-legacy.pth", "views-legacy.pth", "types-legacy.pth"].map {
        "PyTorchFilesTests/Fixtures/\($0)"
      }
    case "safetensors": ["SafetensorsTests/Fixtures/types.safetensors"]
    case "npy":
      ["f4-little.npy", "fortran.npy", "python2.npy", "version3.npy"].map {
        "NumpyFilesTests/Fixtures/\($0)"
      }
    case "npz": ["stored.npz", "deflated.npz"].map { "NumpyFilesTests/Fixtures/\($0)" }
    case "zip":
      ["plain.zip", "wide.zip", "streamed.zip", "forced64.zip"].map {
        "ZipFilesTests/Fixtures/\($0)"
      }
    case "png":
      ["rgb8.png", "indexed4.png", "gray2.png", "gray1.png", "gray16.png"].map {
        "ImagesTests/Fixtures/\($0)"
      }
    case "jpeg":
      ["gray.jpg", "progressive.jpg", "restart.jpg"].map { "ImagesTests/Fixtures/\($0)" }
    case "rules": ["all.yaml", "anchors.yaml"].map { "HostileInputTests/Fixtures/rules/\($0)" }
    case "statistics": ["HostileInputTests/Fixtures/statistics/two-values.json"]
    case "metadata": ["HostileInputTests/Fixtures/metadata/mixed.json"]
    case "plan": ["HostileInputTests/Fixtures/plan/mixed.json"]
    default: ["clip.json", "set.json"].map { "HostileInputTests/Fixtures/report/\($0)" }
    }
  }

  /// The files on which the parser once did worse than to refuse them, by path.
  var findings: [String] {
    get throws {
      let folder = "Fuzz/corpus/\(name)"
      guard FileManager.default.fileExists(atPath: Self.tests.appending(path: folder).path) else {
        return []
      }
      return try FileManager.default
        .contentsOfDirectory(atPath: Self.tests.appending(path: folder).path)
        .sorted().map { "\(folder)/\($0)" }
    }
  }

  /// The bytes of a file among the tests.
  static func bytes(ofTest path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: tests.appending(path: path)))
  }

  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
}
