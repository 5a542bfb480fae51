import Mapping
import Networks
import STMModel
import Tensors
import TestSupport
import Testing

@Suite struct MappedWeightsTests {
  @Test func `the ONNX export maps onto the sample network, 472 tensors and no counter`() throws {
    let mapped = try MappedWeights(of: try SampleWeights.onnx())
    #expect(mapped.audit.isClean, "\(mapped.audit.problems)")
    #expect(mapped.network.configuration == .sample)
    #expect(mapped.weights.entries.count == 472)
    #expect(mapped.audit.absentOptional.count == 86)
  }

  @Test func `the HDF5 export has all 558 tensors, bit for bit those of the ONNX export`() throws {
    let (onnx, hdf5) = (try SampleWeights.onnx(), try SampleWeights.hdf5())
    let mapped = try MappedWeights(of: [hdf5])
    #expect(mapped.audit.isClean && mapped.audit.absentOptional.isEmpty)
    #expect(mapped.weights.entries.count == 558)
    let other = try MappedWeights(of: onnx)
    for entry in other.weights.entries {
      let tensor = try #require(try mapped.weights[entry.name]?.tensor())
      #expect(try tensor.isBitIdentical(to: entry.tensor()), "\(entry.name)")
      let given = try #require(try hdf5[entry.name]?.tensor())
      #expect(given.isBitIdentical(to: tensor), "\(entry.name)")
    }
  }

  @Test func `files of one export may share tensors, in any order of the files`() throws {
    let archives = try SampleWeights.onnx()
    let mapped = try MappedWeights(of: archives.reversed() + [try SampleWeights.hdf5()])
    #expect(mapped.audit.isClean)
    #expect(
      mapped.weights.entries.map(\.name) == mapped.network.parameters.map(\.name))
  }

  @Test func `everything that does not fit is listed together`() throws {
    var entries = try Self.entries()
    let renamed = try #require(entries.firstIndex { $0.name == "Decoder.pred2.bias" })
    entries[renamed] = entries[renamed].renamed("Decoder.pred3.bias")
    let reshaped = try #require(entries.firstIndex { $0.name == "KV_Q_r4.Key.bias" })
    entries[reshaped] = Self.entry("KV_Q_r4.Key.bias", .random([4, 1], seed: 1))
    let mapped = try MappedWeights(of: [try TensorArchive(entries)])
    #expect(
      mapped.audit.problems == [
        "tensor 'Decoder.pred2.bias': expected shape [2], found none",
        "tensor 'KV_Q_r4.Key.bias': expected shape [4], found [4, 1] in memory",
        "tensor 'Decoder.pred3.bias': expected no such tensor, found shape [2] in memory",
      ])
    let error = MappingError.misfit(sources: ["a", "b"], mapped.audit)
    #expect(
      error.description.hasPrefix(
        "a, b: does not fit the network: 1 missing, 1 misshapen, 1 unexpected\n"))
    #expect(mapped.weights["KV_Q_r4.Key.bias"] == nil)
  }

  @Test func `what is known to differ can be allowed, by name`() throws {
    var entries = try Self.entries().filter { $0.name != "Decoder.pred2.bias" }
    entries.append(Self.entry("optimizer.step", .random([1], seed: 1)))
    let archive = try TensorArchive(entries)
    let allowed = try MappedWeights(
      of: [archive], allowedMissing: [try NamePattern("Decoder.*.bias")],
      allowedUnexpected: [try NamePattern("optimizer.**")])
    #expect(allowed.audit.isClean)
    #expect(allowed.weights["optimizer.step"] == nil)
    let other = try MappedWeights(
      of: [archive], allowedMissing: [try NamePattern("Encoder_Q.**")],
      allowedUnexpected: [try NamePattern("schedule.**")])
    #expect(other.audit.problems.count == 2)
  }

  @Test func `one name with different contents in two files is refused with both files`() throws {
    let first = try TensorArchive(try Self.entries(source: "one.h5"))
    let second = try TensorArchive([
      Self.entry("Decoder.pred2.bias", .random([2], seed: 99), source: "two.h5")
    ])
    #expect(
      throws: MappingError.contradiction(
        tensor: "Decoder.pred2.bias", first: "one.h5", second: "two.h5")
    ) { try MappedWeights(of: [first, second]) }
  }

  @Test func `other floating-point types become binary32`() throws {
    var entries = try Self.entries()
    let index = try #require(entries.firstIndex { $0.name == "Decoder.pred2.bias" })
    entries[index] = .init(
      name: "Decoder.pred2.bias",
      tensor: Tensor(bitPatterns: [0x3C00, 0xC000] as [UInt16], elementType: .float16, shape: [2]))
    let mapped = try MappedWeights(of: [try TensorArchive(entries)])
    #expect(mapped.weights["Decoder.pred2.bias"]?.elementType == .float32)
    #expect(try mapped.weights.floats("Decoder.pred2.bias").values == [1, -2])
  }

  @Test func `weights of integers are refused, and counters of anything else`() throws {
    let bias = Tensor(bitPatterns: [1, 2] as [Int32], elementType: .int32, shape: [2])
    #expect(throws: Self.wrongType("Decoder.pred2.bias", "a floating-point type", "I32")) {
      try Self.replacing("Decoder.pred2.bias", bias)
    }
    let counter = "Encoder_M.bn1.num_batches_tracked"
    #expect(throws: Self.wrongType(counter, "I64", "F32")) {
      try Self.replacing(counter, Tensor(FloatTensor(shape: [], values: [1])))
    }
  }

  private static func wrongType(
    _ tensor: String, _ expected: String, _ found: String
  ) -> MappingError {
    .elementType(tensor: tensor, source: "memory", expected: expected, found: found)
  }

  private static func replacing(_ name: String, _ tensor: Tensor) throws -> MappedWeights {
    let kept = try entries().filter { $0.name != name }
    return try MappedWeights(of: [try TensorArchive(kept + [.init(name: name, tensor: tensor)])])
  }

  private static func entries(source: String = "memory") throws -> [TensorArchive.Entry] {
    try TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1).entries.map { entry in
      TensorArchive.Entry(name: entry.name, tensor: try entry.tensor(), source: source)
    }
  }

  private static func entry(
    _ name: String, _ values: FloatTensor, source: String = "memory"
  ) -> TensorArchive.Entry {
    .init(name: name, tensor: Tensor(values), source: source)
  }
}

extension FloatTensor {
  fileprivate static func random(_ shape: Shape, seed: UInt64) -> FloatTensor {
    var generator = SeededGenerator(seed: seed)
    return random(shape, using: &generator)
  }
}
