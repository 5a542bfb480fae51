import Foundation
import STMModel
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct STMConfigurationTests {
  @Test func `the published configuration follows from the shapes of the published state dict`()
    throws
  {
    #expect(try STMConfiguration(inferredFrom: try Self.published().shapes) == .published)
  }

  @Test func `the sample's configuration follows from its ONNX export`() throws {
    let archive = try TensorArchive(try SampleWeights.onnx().flatMap(\.weights.entries))
    #expect(try STMConfiguration(inferredFrom: archive.shapes) == .sample)
  }

  @Test func `the sample's configuration follows from its HDF5 export`() throws {
    #expect(try STMConfiguration(inferredFrom: try SampleWeights.hdf5().weights.shapes) == .sample)
  }

  @Test(arguments: [
    (["Encoder_Q.conv1", "Encoder_M.conv1"], "trunk width"),
    (["Encoder_Q.res3", "Encoder_M.res3"], "number of blocks in res3"),
    (["KV_Q_r4.Key", "KV_M_r4.Key"], "key channels"),
    (["KV_Q_r4.Value", "KV_M_r4.Value"], "value channels"),
    (["Decoder"], "decoder channels"),
  ])
  func `what cannot be inferred is named`(prefixes: [String], quantity: String) throws {
    let archive = try TensorArchive(
      Self.published().entries.filter { entry in !prefixes.contains { entry.name.hasPrefix($0) } })
    let error = try #require(throws: STMConfigurationError.self) {
      try STMConfiguration(inferredFrom: archive.shapes)
    }
    guard case .cannotInfer(let found, let candidates) = error else { return }
    #expect(found == quantity)
    #expect(candidates.allSatisfy { name in prefixes.contains { name.hasPrefix($0) } })
  }

  @Test(arguments: ["Encoder_Q.", "Encoder_M.", "KV_Q_r4.", "KV_M_r4.", "Decoder.convFM"])
  func `either of two layers is enough`(prefix: String) throws {
    let archive = try TensorArchive(
      Self.published().entries.filter { !$0.name.hasPrefix(prefix) })
    #expect(try STMConfiguration(inferredFrom: archive.shapes) == .published)
  }

  @Test(arguments: [[64], [0, 3, 7, 7], [1 << 58, 0, 7, 7]] as [Shape])
  func `a kernel of an impossible shape does not count`(shape: Shape) throws {
    let archive = try TensorArchive(
      Self.published().entries.map { entry in
        guard entry.name.hasSuffix("conv1.weight"), !entry.name.contains("res") else {
          return entry
        }
        return Self.entry(entry.name, shape)
      })
    #expect(
      throws: STMConfigurationError.cannotInfer(
        quantity: "trunk width", candidates: ["Encoder_Q.conv1.weight", "Encoder_M.conv1.weight"])
    ) { try STMConfiguration(inferredFrom: archive.shapes) }
  }

  @Test(arguments: [
    (64, [3, 4, 6], 128, true), (0, [3, 4, 6], 128, false), (64, [3, 4], 128, false),
    (64, [3, 0, 6], 128, false), (64, [3, 65, 6], 128, false), (64, [3, 4, 6], -1, false),
    (65_537, [3, 4, 6], 128, false),
  ])
  func `a configuration is plausible only with positive, bounded numbers`(
    width: Int, blocks: [Int], keys: Int, isPlausible: Bool
  ) {
    let configuration = STMConfiguration(
      trunkWidth: width, blocks: blocks, keyChannels: keys, valueChannels: 512,
      decoderChannels: 256)
    #expect(configuration.isPlausible == isPlausible)
  }

  @Test func `the residual of a configuration that does not say it is raw`() throws {
    let text =
      #"{"blocks":[1,1,1],"decoderChannels":4,"keyChannels":4,"trunkWidth":2,"valueChannels":6}"#
    let decoded = try JSONDecoder().decode(STMConfiguration.self, from: Data(text.utf8))
    #expect(decoded == .tiny && decoded.residual == .raw)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(STMConfiguration.tiny), as: UTF8.self) == text)
  }

  @Test func `a rectified residual is written and read`() throws {
    var configuration = STMConfiguration.tiny
    configuration.residual = .rectified
    let bytes = try JSONEncoder().encode(configuration)
    #expect(String(decoding: bytes, as: UTF8.self).contains(#""residual":"rectified""#))
    #expect(try JSONDecoder().decode(STMConfiguration.self, from: bytes) == configuration)
    #expect(configuration.description.hasSuffix(", residual rectified"))
  }

  @Test func `a residual that there is not is refused`() {
    let text = #"""
      {"blocks":[1,1,1],"decoderChannels":4,"keyChannels":4,"trunkWidth":2,"valueChannels":6,
      "residual":"smooth"}
      """#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(STMConfiguration.self, from: Data(text.utf8))
    }
  }

  /// The shapes of the published state dict, without contents.
  private static func published() throws -> TensorArchive {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/published-tensors", withExtension: "tsv"))
    return try TensorArchive(
      String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
        let fields = line.split(separator: "\t")
        return entry(
          String(fields[0]), Shape(fields[1].split(separator: "x").compactMap { Int($0) }))
      })
  }

  private static func entry(_ name: String, _ shape: Shape) -> TensorArchive.Entry {
    .init(name: name, elementType: .float32, shape: shape, source: "published") {
      Tensor(FloatTensor(zeros: shape))
    }
  }
}
