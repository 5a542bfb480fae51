import Models
import Quantization
import STMModel
import Tensors
import Testing

@testable import Finding

@Suite struct LocationTests {
  @Test(arguments: [Location.Search.nonFinite, .overflow(precision: nil, share: 0.01)])
  func `an honest model has nothing to be found`(search: Location.Search) throws {
    let location = try locate(search, in: try TinyNetwork.model())
    #expect(location.passes && location.findings.isEmpty && location.weights.isEmpty)
    #expect(location.frames == 2)
  }

  @Test func `weights that are not finite are named first, and nothing is run with them`() throws {
    let model = try TinyNetwork.model([
      "Decoder.convFM.weight": { $0 == 7 || $0 == 9 ? .nan : nil },
      "Encoder_Q.bn1.running_mean": { $0 == 1 ? .infinity : nil },
    ])
    let location = try locate(.nonFinite, in: model)
    #expect(!location.passes && location.frames == 0 && location.findings.isEmpty)
    #expect(
      location.weights.map(\.name) == ["Encoder_Q.bn1.running_mean", "Decoder.convFM.weight"])
    #expect(location.weights.map(\.nonFiniteCount) == [1, 2])
    #expect(location.weights.map(\.firstNonFinite) == [1, 7])
    let beside = try locate(.nonFinite, in: try TinyNetwork.model(), beside: model)
    #expect(beside.frames == 0 && beside.weights.isEmpty)
  }

  @Test func `infinities are followed to the sum that they are born in, and NaN to infinities`()
    throws
  {
    let model = try TinyNetwork.model([
      "Encoder_Q.res3.0.conv2.weight": { $0 < 18 ? 3e38 : nil },
      "Encoder_Q.res3.0.bn2.weight": { $0 == 0 ? 1 : nil },
      "Encoder_Q.res3.0.bn2.running_var": { $0 == 0 ? 1 : nil },
    ])
    let location = try locate(.nonFinite, in: model)
    let first = try #require(location.findings.first)
    #expect(first.fault == .infinity && first.covers.contains("Encoder_Q.res3.0.conv2"))
    #expect(first.frame == 1 && first.program == "query" && first.position.channel == 0)
    #expect(first.value == .infinity && first.channels == 1 && first.origin == .sum)
    #expect(try #require(first.sum).value > Double(Float.greatestFiniteMagnitude))
    #expect(first.inputs.allSatisfy { $0.nonFiniteCount == 0 })
    let kernel = try #require(
      first.weights.first { $0.name == "Encoder_Q.res3.0.conv2.weight" })
    #expect(kernel.maximum == Double(3e38 as Float))
    #expect(location.frames == 1 && first.affected > 1 && first.affected < location.steps)
    let later = try #require(location.findings.last)
    #expect(later.fault == .notANumber && later.origin == .input && later.value.isNaN)
    #expect(later.inputs.contains { $0.nonFiniteCount > 0 })
  }

  @Test func `numbers beyond fp16 are found in the fp32 model, and in the fp16 one that it makes`()
    throws
  {
    let model = try TinyNetwork.model(["Decoder.RF3.convFS.bias": { $0 == 2 ? 1e5 : nil }])
    let wide = try #require(
      try locate(.overflow(precision: .float16, share: 0.01), in: model).findings.first)
    #expect(wide.fault == .overflow && wide.name == "Decoder.RF3.convFS")
    #expect(wide.position.channel == 2 && wide.position.row == 0 && wide.position.column == 0)
    #expect(abs(wide.value - 1e5) < 100 && wide.count == wide.elements / 4)
    let sum = try #require(wide.sum)
    #expect(abs(sum.value - Double(wide.value)) < 0.01 && abs(sum.largestTerm - 1e5) < 0.01)
    #expect(wide.origin == .storage)

    let half = try TinyNetwork.quantized(model, by: PrecisionPlan(.float16))
    let result = try locate(
      .overflow(precision: nil, share: 0.01), in: half, beside: model)
    let held = try #require(result.findings.first)
    #expect(held.name == wide.name && held.fault == .overflow && held.origin == .storage)
    #expect(held.value == .infinity && held.reference == wide.value && held.storage == .float16)
    let rounded = try #require(held.sum).value
    #expect(abs(rounded - Double(wide.value)) < 10)
    #expect(!result.passes)
  }

  @Test func `what is finite and infinite as a layer reads it is blamed on the seam`() throws {
    let model = try TinyNetwork.model(["Decoder.RF3.convFS.bias": { $0 == 2 ? 1e5 : nil }])
    let mixed = try TinyNetwork.quantized(
      model, by: PrecisionPlan(.float16, exceptions: ["Decoder.RF3.convFS": .float32]))
    let found = try #require(
      try locate(.overflow(precision: nil, share: 0.01), in: mixed).findings.first)
    #expect(found.covers.contains("Decoder.RF3.ResFS.conv1") && found.origin == .operand)
    #expect(found.inputs.first?.nonFiniteCount == 0 && found.inputs.first?.overflowCount ?? 0 > 0)
  }

  @Test func `what becomes 0 is a note that fails nothing`() throws {
    let model = try TinyNetwork.model([
      "Decoder.ResMM.conv1.weight": { _ in 1e-12 }, "Decoder.ResMM.conv1.bias": { _ in 1e-9 },
    ])
    let location = try locate(.overflow(precision: .float16, share: 0.01), in: model)
    let found = try #require(location.findings.first { $0.fault == .underflow })
    #expect(found.name == "Decoder.ResMM.relu2" && found.count == found.elements)
    #expect(location.passes && location.frames == 2)
    let half = try locate(
      .overflow(precision: nil, share: 0.01),
      in: try TinyNetwork.quantized(model, by: PrecisionPlan(.float16)), beside: model)
    #expect(half.findings.first { $0.fault == .underflow }?.name == found.name)
  }

  @Test func `a value whose scale is too small saturates beside the reference, and alone`() throws {
    let model = try TinyNetwork.model()
    let int8 = try TinyNetwork.quantized(model, by: PrecisionPlan(.int8))
    func search(_ share: Double) -> Location.Search { .overflow(precision: nil, share: share) }
    #expect(try locate(search(0.05), in: int8, beside: model).findings.isEmpty)
    let narrow = try int8.changing("Decoder.RF2.ResMM.conv2.input.scale") { $0 / 64 }
    var share = 0.05
    for reference in [model, nil] {
      let location = try locate(search(share), in: narrow, beside: reference)
      let found = try #require(location.findings.first)
      #expect(found.fault == .saturation && found.name == "Decoder.RF2.ResMM.relu2")
      #expect(found.origin == .storage && !location.passes && found.precision == .int8)
      let limit = found.storage.limits.upperBound
      #expect(try #require(found.sum).value > limit * 0.99)
      #expect((found.reference != nil) == (reference != nil))
      // Alone, a value of few numbers has some that lie where its range ends.
      share = 0.9 * Double(found.count) / Double(found.elements)
    }
    #expect(try locate(search(share), in: int8).findings.isEmpty)
    #expect(
      try locate(.overflow(precision: nil, share: 1), in: narrow, beside: model).findings.isEmpty)
  }

  @Test func `saturated is what lies at an end, and whose reference lies beyond it`() throws {
    let int8 = try TinyNetwork.quantized(try TinyNetwork.model(), by: PrecisionPlan(.int8))
    let location = try locate(.overflow(precision: nil, share: 0), in: int8)
    guard case .quantized(let quantization) = try #require(location.findings.first).storage else {
      Issue.record("expected a value in 8-bit integers")
      return
    }
    let (low, high) = (
      quantization.dequantize(quantization.range.lowerBound),
      quantization.dequantize(quantization.range.upperBound)
    )
    let step = quantization.scale
    func saturated(_ value: Float, _ reference: Float) -> Bool {
      let scan = ValueScan(
        .overflow(precision: nil, share: 0), in: .init(shape: [1, 1, 1, 1], values: [value]),
        heldAs: .quantized(quantization),
        beside: .init(shape: [1, 1, 1, 1], values: [reference]))
      return scan.hits.map(\.fault) == [.saturation]
    }
    #expect(saturated(high, high + step) && saturated(low, low - step))
    #expect(!saturated(high, high - 3 * step) && !saturated(low, low + 3 * step))
    #expect(!saturated(high, high + step / 4) && !saturated(high - step, high + 3 * step))
  }

  @Test func `models whose layers do not correspond are refused by the layers' names`() throws {
    let other = try TinyNetwork.model(
      configuration: STMConfiguration(
        trunkWidth: 2, blocks: [1, 1, 1], keyChannels: 4, valueChannels: 6, decoderChannels: 5))
    let error = #expect(throws: FindingError.self) {
      try locate(.nonFinite, in: other, beside: try TinyNetwork.model())
    }
    guard case .layout(_, _, let layers) = error else { return }
    #expect(layers.first == "Decoder.convFM" && !layers.contains("KV_M_r4.Key"))
  }

  private func locate(
    _ search: Location.Search, in model: Model, beside reference: Model? = nil
  ) throws -> Location {
    let backend = try TinyNetwork.backend.get()
    return try Location(
      of: search, in: model, beside: reference, clip: try TinyNetwork.clip.get(),
      backends: (backend, backend))
  }
}
