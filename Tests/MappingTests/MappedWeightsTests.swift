import Mapping
import STMModel
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct MappedWeightsTests {
  @Test func `the ONNX export maps onto the sample network, 472 tensors and no counter`() throws {
    let mapped = try MappedWeights(of: try SampleWeights.onnx())
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(mapped.network.configuration == .sample)
    #expect(mapped.weights.entries.count == 472)
    #expect(mapped.audit.absent.count == 86)
    #expect(mapped.audit.evidence == ["name": 472])
  }

  @Test func `the HDF5 export has all 558 tensors, bit for bit those of the ONNX export`() throws {
    let (onnx, hdf5) = (try SampleWeights.onnx(), try SampleWeights.hdf5())
    let mapped = try MappedWeights(of: [hdf5])
    #expect(mapped.audit.isClean && mapped.audit.absent.isEmpty)
    #expect(mapped.weights.entries.count == 558)
    let other = try MappedWeights(of: onnx)
    for entry in other.weights.entries {
      let tensor = try #require(try mapped.weights[entry.name]?.tensor())
      #expect(try tensor.isBitIdentical(to: entry.tensor()), "\(entry.name)")
      let given = try #require(try hdf5.weights[entry.name]?.tensor())
      #expect(given.isBitIdentical(to: tensor), "\(entry.name)")
    }
  }

  @Test func `everything that does not fit is listed together`() throws {
    var entries = try Export.entries(with: "KV_Q_r4.Key.bias", Tensor(.random([4, 1], seed: 1)))
    let renamed = try #require(entries.firstIndex { $0.name == "Decoder.pred2.bias" })
    entries[renamed] = entries[renamed].renamed("Decoder.pred3.bias")
    let mapped = try Export.map(entries)
    #expect(
      mapped.audit.allProblems.texts == [
        "tensor 'KV_Q_r4.Key.bias': expected shape [4], found [4, 1] in 'KV_Q_r4.Key.bias' in "
          + "stm.safetensors",
        "tensor 'Decoder.pred2.bias': expected shape [2], found none; did you mean "
          + "'Decoder.pred3.bias'?",
        "tensor 'Decoder.pred3.bias': expected no such tensor, found shape [2] in "
          + "stm.safetensors",
      ])
    let error = MappingError.misfit(sources: ["a", "b"], problems: mapped.audit.allProblems)
    #expect(error.description.hasPrefix("a, b: does not fit the network: 3 problems\n  tensor '"))
    #expect(mapped.weights["KV_Q_r4.Key.bias"] == nil)
  }
}
