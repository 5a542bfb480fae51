import Files
import Foundation
import Images
import Mapping
import NumpyFiles
import OnnxFiles
import PyTorchFiles
import Quantization
import Safetensors
import Tensors
import ZipFiles

@testable import HDF5Files
@testable import KerasFiles

/// A parser of files that come from strangers.
public struct Parser: Sendable, CustomStringConvertible {
  /// What it is called; its past findings are in `Tests/Fuzz/corpus/NAME`.
  public let name: String

  /// Reads everything in the file at a path, tensors included. Throws what the floors throw.
  public let read: @Sendable (String) throws -> Void

  init(_ name: String, _ read: @escaping @Sendable (String) throws -> Void) {
    (self.name, self.read) = (name, read)
  }

  public var description: String { name }

  /// A name that a file of the format has.
  public var fileName: String { "file.\(name)" }

  /// A file that lies beside the input, where models may look for the bytes of tensors.
  public static let neighbour = (name: "weights.bin", bytes: [UInt8](repeating: 1, count: 16))

  /// The parsers that are fuzzed.
  public static let fuzzed = [
    Parser("onnx") { path in
      let model = try OnnxFile.read(path)
      try read(model.weights)
      _ = try model.graph
    },
    Parser("onnx-tensor") { _ = try OnnxFile.readTensor($0).tensor() },
    Parser("hdf5") { try read(HDF5File.read($0)) },
    Parser("hdf5-answer") { path in
      let answer = try? HDF5Answer(answer: bytes(of: path), path: path, limits: .standard)
      let source = HDF5Source(path: path, bytes: TensorBytes([UInt8](repeating: 1, count: 64)))
      let elements = TensorBytes([UInt8](repeating: 2, count: 16))
      try answer.map { try read($0.contents(of: source, elements: elements).archive) }
    },
    Parser("keras") { try KerasFile.read($0).map { try read($0.weights) } },
    Parser("keras-json") { path in
      let value = try JSONParser.value(
        of: bytes(of: path), path: path, part: "configuration")
      guard let configuration = try KerasConfiguration(value, path: path, limits: .standard) else {
        return
      }
      _ = try KerasGraph.graph(of: configuration, path: path, limits: .standard)
    },
    Parser("pytorch") { try read(PyTorchFile.read($0)) },
    Parser("pytorch-legacy") { try read(PyTorchFile.read($0)) },
    Parser("safetensors") { try read(SafetensorsFile.read($0)) },
    Parser("npy") { try read(NumpyFile.read($0)) },
    Parser("npz") { try read(NumpyFile.read($0)) },
    Parser("zip") { path in
      let archive = try ZipArchive(FileBytes(path: path))
      for member in archive.members { _ = try archive.contents(of: member) }
    },
    Parser("png") { path in
      _ = try ImageFile.size(path)
      _ = try ImageFile.software(of: path)
      _ = try ImageFile.readRGB(path)
      do { _ = try ImageFile.readMask(path) } catch ImageError.notAMask {}
      do { _ = try ImageFile.readRGBA(path) } catch ImageError.noAlpha {}
    },
    Parser("jpeg") { path in
      _ = try ImageFile.size(path)
      _ = try ImageFile.readRGB(path)
    },
    Parser("rules") { _ = try MappingRules(path: $0) },
    Parser("statistics") { _ = try CalibrationStatistics(path: $0) },
    Parser("plan") { _ = try PrecisionPlan(path: $0) },
  ]

  /// The bytes of the file at `path`.
  static func bytes(of path: String) throws -> [UInt8] {
    try FileBytes(path: path).withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
  }

  private static func read(_ archive: TensorArchive) throws {
    for entry in archive.entries {
      guard try entry.tensor().shape == entry.shape else {
        fatalError("'\(entry.name)': another shape than its entry says")
      }
    }
  }

  /// Reads the file at `path`; what is wrong with how it was refused, if it was.
  ///
  /// Tools exit with 65 and a message that names the file and the reason; only where a model's file
  /// of weights is not there with 66 and the name of that.
  public func problem(at path: String) -> String? {
    do {
      try read(path)
      return nil
    } catch OnnxError.externalFile(path, _, .notFound(let missing)) {
      let isGone = missing != path && !FileManager.default.fileExists(atPath: missing)
      return isGone ? nil : "not found, though it is there: \(missing)"
    } catch let error as any DiagnosticError {
      return problem(with: error, path: path)
    } catch {
      return "an error that is not made for people: \(error)"
    }
  }

  private func problem(with error: any DiagnosticError, path: String) -> String? {
    guard error.description.contains(path) else { return "no file is named: \(error)" }
    guard error.fault == .malformedInput else { return "\(error.fault): \(error)" }
    guard error.description.count > path.count + 10 else { return "no reason is given: \(error)" }
    return error.hint.isEmpty ? "no hint is given: \(error)" : nil
  }
}
