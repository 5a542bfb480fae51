import Files
import Foundation
import Mapping
import Tensors
import TestSupport
import Testing

/// Holds the sample exports against the checkpoint that they were made from: its tensors' SHA-256,
/// as Python saw them (`Fixtures/checksums.py`).
@Suite struct ChecksumTests {
  @Test func `every tensor of the ONNX export is bit-identical to the checkpoint's`() throws {
    try check(MappedWeights(of: SampleWeights.onnx()).weights, count: 472)
  }

  @Test func `every tensor of the HDF5 export is bit-identical to the checkpoint's`() throws {
    try check(MappedWeights(of: [SampleWeights.hdf5()]).weights, count: 558)
  }

  private func check(_ weights: TensorArchive, count: Int) throws {
    let checksums = try Self.checksums()
    #expect(checksums.count == 558 && weights.entries.count == count)
    for entry in weights.entries {
      let digest = try entry.tensor().bytes.withBytes { SHA256.hash($0) }
      let shape = entry.shape.dimensions.map(String.init).joined(separator: "x")
      #expect(
        checksums[entry.name] == [shape.isEmpty ? "scalar" : shape, digest.hexadecimal],
        "\(entry.name)")
    }
  }

  private static func checksums() throws -> [String: [String]] {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/checksums", withExtension: "txt"))
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    return Dictionary(
      uniqueKeysWithValues: lines.map { line in
        let fields = line.split(separator: " ").map(String.init)
        return (fields[0], Array(fields.dropFirst()))
      })
  }
}
