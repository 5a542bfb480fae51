import Quantization
import STMModel
import Testing
import Tuning

@Suite struct PlanCoverageTests {
  private static let sample = STMNetwork(
    STMConfiguration(
      trunkWidth: 16, blocks: [3, 4, 6], keyChannels: 32, valueChannels: 128, decoderChannels: 64))

  private static func coverage(
    _ plan: PrecisionPlan, of network: STMNetwork = sample, origin: PlanOrigin = PlanOrigin()
  ) -> PlanCoverage {
    PlanCoverage(of: network, in: plan, height: 32, width: 48, origin: origin)
  }

  private static func layer(_ name: String, _ coverage: PlanCoverage) throws -> PlanCoverage.Layer {
    try #require(coverage.layers.first { $0.name == name })
  }

  /// The multiply-accumulates of a ResNet-50 trunk of width 16 up to `res4` on 32x48 pixels, counted
  /// by hand: pixels of the result times products for each.
  private static func trunk(masks: Int) -> Int {
    let (w, half, quarter, eighth, sixteenth) = (16, 16 * 24, 8 * 12, 4 * 6, 2 * 3)
    let stem = half * w * 49 * (3 + masks)
    func later(_ p: Int) -> Int { 4 * p * p + 9 * p * p + 4 * p * p }
    let res2 = quarter * (w * w + 9 * w * w + 4 * w * w + 4 * w * w + 2 * later(w))
    // The stride is on the 3x3: the first 1x1 still runs on the larger size.
    let res3 =
      quarter * 4 * w * 2 * w
      + eighth * (9 * 4 * w * w + 2 * w * 8 * w + 4 * w * 8 * w + 3 * later(2 * w))
    let res4 =
      eighth * 8 * w * 4 * w
      + sixteenth * (9 * 16 * w * w + 4 * w * 16 * w + 8 * w * 16 * w + 5 * later(4 * w))
    return stem + res2 + res3 + res4
  }

  @Test func `the work of the sample network is what a count by hand gives`() throws {
    let (w, k, v, d, quarter, eighth, sixteenth) = (16, 32, 128, 64, 8 * 12, 4 * 6, 2 * 3)
    let heads = 2 * sixteenth * 9 * 16 * w * (k + v)
    let decoder =
      sixteenth * 9 * (2 * v * d + 2 * d * d) + eighth * 9 * (8 * w * d + 4 * d * d)
      + quarter * 9 * (4 * w * d + 4 * d * d + d * 2)
    let coverage = Self.coverage(PrecisionPlan(.int8))
    #expect(
      coverage.multiplications == Self.trunk(masks: 2) + Self.trunk(masks: 0) + heads + decoder)
    #expect(try Self.layer("Decoder.pred2", coverage).multiplications == quarter * 9 * d * 2)
    #expect(
      try Self.layer("Memory.read", coverage).multiplications == sixteenth * sixteenth * (k + v))
    let shares = coverage.layers.compactMap(\.share)
    #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    #expect(shares.count == coverage.layers.count { $0.isConvolution })
  }

  @Test func `int8 covers every convolution, and other precisions none`() {
    #expect(abs(Self.coverage(PrecisionPlan(.int8)).integerShare - 1) < 1e-12)
    for precision in Precision.allCases where precision != .int8 {
      #expect(Self.coverage(PrecisionPlan(precision)).integerShare == 0)
    }
  }

  @Test func `what is kept is missing from the share, with its reason`() throws {
    let plan = PrecisionPlan(
      .int8, exceptions: ["Decoder.pred2": .float16, "KV_Q_r4.Key": .w8])
    let origin = PlanOrigin(
      kept: [try #require(KeptLayers("Decoder.*=fp16"))], exceptions: "exception of p.json")
    let coverage = Self.coverage(plan, origin: origin)
    let kept = try [
      Self.layer("Decoder.pred2", coverage), Self.layer("KV_Q_r4.Key", coverage),
    ]
    let work = Double(kept.map(\.multiplications).reduce(0, +))
    #expect(
      abs(coverage.integerShare - (1 - work / Double(coverage.multiplications))) < 1e-12)
    #expect(
      kept.map(\.reason) == ["kept by --keep 'Decoder.*=fp16'", "exception of p.json"])
    #expect(kept.map(\.precision) == [.float16, .w8] && kept.allSatisfy { !$0.staysWide })
    let before = try Self.layer("Decoder.RF2.ResMM.conv2", coverage)
    #expect(before.reason == "standard; result stays wide: another precision reads it")
    #expect(before.isInteger && before.result == .float32 && before.staysWide)
    #expect(try Self.layer("Decoder.upsample", coverage).result == .float16)
  }

  @Test func `what stays wide in int8 is the documented list`() {
    let wide = Self.coverage(PrecisionPlan(.int8)).layers.filter(\.staysWide)
    #expect(
      wide.map(\.name) == [
        "KV_M_r4.Key", "KV_M_r4.Value", "KV_Q_r4.Key", "KV_Q_r4.Value", "Memory.read",
        "Decoder.pred2", "Decoder.upsample",
      ])
    #expect(wide.allSatisfy { $0.isInteger == $0.isConvolution })
    #expect(
      wide.map(\.reason) == [
        "standard; result stays wide: it is handed out as 'key'",
        "standard; result stays wide: it is handed out as 'value'",
        "standard; result stays wide: it is handed out as 'key'",
        "standard; result stays wide: it is handed out as 'value'",
        "stays wide in int8: products of bf16 numbers, softmax in fp32",
        "standard; result stays wide: it is handed out as 'logits'",
        "not a convolution: follows 'Decoder.pred2'",
      ])
  }

  @Test func `a layer that cannot be int8 is not covered, and says why`() throws {
    let network = STMNetwork(
      STMConfiguration(
        trunkWidth: 2, blocks: [1, 1, 1], keyChannels: 4, valueChannels: 4096, decoderChannels: 4))
    let coverage = Self.coverage(PrecisionPlan(.int8), of: network)
    let wide = try Self.layer("Decoder.convFM", coverage)
    #expect(wide.reason == "cannot be int8: expected at most 65793 products in a sum, found 73728")
    #expect(!wide.isInteger && wide.staysWide)
    #expect(abs(coverage.integerShare - (1 - (wide.share ?? 0))) < 1e-12)
  }

  @Test func `the bytes of a layer are those of its tensors`() throws {
    let channels = 64
    let weights = 2 * channels * 9
    for (precision, bytes) in [
      (Precision.float32, 4 * weights + 8), (.float16, 2 * weights + 8),
      (.bfloat16, 2 * weights + 8), (.w8, weights + 8 + 8), (.int8, weights + 8 + 8 + 5),
    ] {
      let layer = try Self.layer("Decoder.pred2", Self.coverage(PrecisionPlan(precision)))
      #expect(layer.bytes == bytes && layer.float32Bytes == 4 * weights + 8, "\(precision)")
    }
    // Without a bias of its own, and the first of two that read one value.
    let projection = try Self.layer(
      "Encoder_Q.res2.0.downsample.0", Self.coverage(PrecisionPlan(.int8)))
    #expect(projection.bytes == 64 * 16 + 64 * 4 + 64 * 4 + 5 + 5)
  }

  @Test(arguments: [
    PrecisionPlan(.int8), PrecisionPlan(.w8), PrecisionPlan(.float16),
    PrecisionPlan(.int8, exceptions: ["Encoder_Q.conv1": .float32, "Decoder.RF2.convFS": .w8]),
  ])
  func `the bytes of all layers are those of the file's tensors`(plan: PrecisionPlan) {
    let coverage = Self.coverage(plan)
    #expect(coverage.layers.map(\.bytes).reduce(0, +) == coverage.bytes)
    #expect(coverage.layers.map(\.float32Bytes).reduce(0, +) == coverage.float32Bytes)
  }

  @Test func `memories take the bytes of their precision, whatever the layers are in`() {
    for (standard, memory, width) in [
      (Precision.int8, Precision?.none, 2), (.float32, nil, 4), (.float16, .int8, 1),
      (.w8, .bfloat16, 2), (.int8, .float32, 4),
    ] as [(Precision, Precision?, Int)] {
      let named = memory.map { ["memory_keys": $0, "memory_values": $0] } ?? [:]
      let memories = Self.coverage(PrecisionPlan(standard, memories: named)).memories
      #expect(memories.map(\.name) == ["memory_keys", "memory_values"])
      #expect(memories.map(\.bytes) == [width * 32 * 6, width * 128 * 6])
      #expect(memories.map(\.float32Bytes) == [4 * 32 * 6, 4 * 128 * 6])
      #expect(
        memories.allSatisfy { $0.reason == (memory == nil ? "standard" : "exception of the plan") })
    }
  }
}
