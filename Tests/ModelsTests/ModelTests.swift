import Models
import Networks
import Quantization
import STMModel
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct ModelTests {
  @Test func `a model that was written is read back with its configuration and precision`() throws {
    try withModel { model in
      #expect(model.configuration == .tiny)
      #expect(model.plan == PrecisionPlan(.float32))
      #expect(model.foldedBatchNorms.isEmpty)
      #expect(model.weights.metadata["stm.format"] == "1")
    }
  }

  @Test func `a file without this suite's metadata is a binary32 model of its shapes`() throws {
    try withModel(metadata: [:]) { model in
      #expect(model.configuration == .tiny)
      #expect(model.plan == PrecisionPlan(.float32))
    }
  }

  @Test(arguments: [
    ("stm.format", "3", "1 or 2"),
    ("stm.precision", "fp8", "fp32, fp16, bf16, int8, w8, mixed"),
    ("stm.precision", "", "fp32, fp16, bf16, int8, w8, mixed"),
    ("stm.configuration", "{}", "a configuration of positive widths"),
    ("stm.configuration", "not JSON", "a configuration of positive widths"),
    (
      "stm.configuration",
      #"{"trunkWidth":0,"blocks":[1,1,1],"keyChannels":4,"valueChannels":6,"decoderChannels":4}"#,
      "a configuration of positive widths"
    ),
    (
      "stm.configuration",
      #"{"trunkWidth":2,"blocks":[1,1],"keyChannels":4,"valueChannels":6,"decoderChannels":4}"#,
      "a configuration of positive widths"
    ),
    (
      "stm.configuration",
      #"{"trunkWidth":2,"blocks":[1,1,1],"keyChannels":4,"valueChannels":9223372036854775807,"#
        + #""decoderChannels":4}"#,
      "a configuration of positive widths"
    ),
    ("stm.provenance", "[]", "sources and settings"),
  ])
  func `metadata that cannot be understood is refused by its key`(
    key: String, value: String, expected: String
  ) throws {
    try ScratchFolder.with { folder in
      let path = folder.file("model")
      let weights = try TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1)
      try SafetensorsFile.write(
        try TensorArchive(weights.entries, metadata: [key: value]), to: path)
      #expect(
        throws: ModelError.metadata(path: path, key: key, expected: expected, found: value)
      ) { try Model(path: path) }
    }
  }

  @Test func `tensors that are missing, misshapen or left over are listed together`() throws {
    var entries = try TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1).entries
      .filter { $0.name != "Decoder.pred2.weight" && $0.name != "Encoder_M.mean" }
    for (name, shape) in [("KV_Q_r4.Key.bias", [5]), ("extra", [1])] as [(String, Shape)] {
      entries.removeAll { $0.name == name }
      entries.append(.init(name: name, tensor: Tensor(FloatTensor(zeros: shape))))
    }
    let error = try #require(throws: ModelError.self) {
      try Model(
        STMNetwork(.tiny), precision: .float32, weights: try TensorArchive(entries), path: "m")
    }
    #expect(
      error.description == """
        m: does not fit the network: 2 missing, 1 misshapen, 1 unexpected
          tensor 'Encoder_M.mean': expected shape [1, 3, 1, 1], found none
          tensor 'Decoder.pred2.weight': expected shape [2, 4, 3, 3], found none
          tensor 'KV_Q_r4.Key.bias': expected shape [4], found [5] in memory
          tensor 'extra': expected no such tensor, found shape [1] in memory
        """)
  }

  @Test func `a binary32 model that its metadata calls int8 is refused`() throws {
    let weights = try TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1)
    let error = try #require(throws: ModelError.self) {
      try Model(STMNetwork(.tiny), precision: .int8, weights: weights, path: "m")
    }
    guard case .misfit("m", let audit) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(audit.missing.contains { $0.name == "Decoder.convFM.weight.scale" })
    #expect(audit.unexpected.contains { $0.name == "Encoder_Q.bn1.running_var" })
  }

  @Test func `a binary16 model is written, read back, and not quantized again`() throws {
    let network = STMNetwork(.tiny)
    let weights = try TensorArchive.random(network.parameters, seed: 1)
    let half = try Model(network, precision: .float32, weights: weights, path: "m")
      .quantized(by: PrecisionPlan(.float16))
    #expect(half["Encoder_Q.conv1.weight"]?.elementType == .float16)
    #expect(half["Encoder_Q.conv1.bias"]?.elementType == .float32)
    let model = try Model(network, precision: .float16, weights: half, path: "m")
    #expect(model.foldedBatchNorms.contains("Encoder_Q.bn1"))
    #expect(throws: ModelError.alreadyQuantized(path: "m", precision: "fp16")) {
      try model.quantized(by: PrecisionPlan(.float16))
    }
    #expect(throws: ModelError.alreadyQuantized(path: "m", precision: "fp16")) {
      try model.quantized(by: PrecisionPlan(.int8))
    }
  }

  @Test func `a bfloat16 model holds BF16 kernels, and binary16 ones are refused in one`() throws {
    let network = STMNetwork(.tiny)
    let weights = try TensorArchive.random(network.parameters, seed: 1)
    let model = try Model(network, precision: .float32, weights: weights, path: "m")
    let brain = try model.quantized(by: PrecisionPlan(.bfloat16))
    #expect(brain["Encoder_Q.conv1.weight"]?.elementType == .bfloat16)
    #expect(
      try Model(network, precision: .bfloat16, weights: brain, path: "m").weights[
        "Encoder_Q.conv1.bias"]?.elementType == .float32)
    let error = try #require(throws: ModelError.self) {
      try Model(
        network, precision: .bfloat16, weights: try model.quantized(by: PrecisionPlan(.float16)),
        path: "m")
    }
    let kernels = network.parameters.count { $0.role == .weight && $0.shape.rank == 4 }
    let lines = error.description.split(separator: "\n")
    #expect(
      lines[0]
        == "m: does not fit the network: 0 missing, 0 misshapen, 0 unexpected, \(kernels) of another type"
    )
    #expect(
      lines[1] == "  tensor 'Encoder_M.conv1.weight': expected type BF16, found F16 in memory")
    #expect(lines.count == 1 + kernels && error.hint.contains("stm-quantize"))
  }

  @Test func `a fingerprint knows names, types, extents and elements, but no order`() throws {
    let network = STMNetwork(.tiny)
    let entries = try TensorArchive.random(network.parameters, seed: 1).entries
    func fingerprint(_ entries: [TensorArchive.Entry]) throws -> String {
      try Model(network, precision: .float32, weights: try TensorArchive(entries), path: "m")
        .fingerprint
    }
    let expected = try fingerprint(entries)
    #expect(expected.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(try fingerprint(entries.reversed()) == expected)
    let first = try #require(entries.firstIndex { $0.name == "Decoder.pred2.bias" })
    let tensor = try entries[first].tensor().floats()
    for changed in [
      Tensor(FloatTensor(shape: [2], values: [tensor.values[0], tensor.values[1].nextUp])),
      Tensor(tensor, as: .float64),
    ] {
      var others = entries
      others[first] = .init(name: "Decoder.pred2.bias", tensor: try #require(changed))
      #expect(try fingerprint(others) != expected)
    }
  }

  @Test func `statistics of another model are refused, and those with values that it lacks`()
    throws
  {
    let network = STMNetwork(.tiny)
    let model = try Model(
      network, precision: .float32, weights: try .random(network.parameters, seed: 1), path: "m")
    let other = try Model(
      network, precision: .float32, weights: try .random(network.parameters, seed: 2), path: "o")
    #expect(
      throws: ModelError.otherStatistics(
        path: "m", fingerprint: try model.fingerprint, found: try other.fingerprint)
    ) {
      try model.quantized(
        by: PrecisionPlan(.int8),
        statistics: CalibrationStatistics(model: try other.fingerprint))
    }
    var statistics = CalibrationStatistics(model: try model.fingerprint)
    statistics.values["query"] = ["Encoder_Q.rellu": ValueStatistics(of: [1])]
    #expect(
      throws: QuantizationError.unknownValue(program: "query", value: "Encoder_Q.rellu")
    ) { try model.quantized(by: PrecisionPlan(.int8), statistics: statistics) }
  }

  @Test func `int8 without calibration is refused with the first value that lacks a range`() throws
  {
    let network = STMNetwork(.tiny)
    let weights = try TensorArchive.random(network.parameters, seed: 1)
    let model = try Model(network, precision: .float32, weights: weights, path: "m")
    #expect(throws: QuantizationError.noStatistics(program: "memorize", value: "Encoder_M.relu")) {
      try model.quantized(by: PrecisionPlan(.int8))
    }
  }

  @Test func `files of the version before are read unless layers are in int8`() throws {
    let weights = try TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1)
    try ScratchFolder.with { folder in
      let path = folder.file("model")
      func write(_ precision: String) throws {
        try SafetensorsFile.write(
          try TensorArchive(
            weights.entries, metadata: ["stm.format": "1", "stm.precision": precision]), to: path)
      }
      try write("fp32")
      #expect(try Model(path: path).plan == PrecisionPlan(.float32))
      try write("int8")
      #expect(throws: ModelError.formerLayout(path: path)) {
        try Model(path: path)
      }
    }
  }

  @Test func `weights that are folded already make a binary32 model`() throws {
    let network = STMNetwork(.tiny)
    let folded = try TensorArchive(
      network.graphs.flatMap { graph in
        Program(deploying: graph).parameters(
          in: PrecisionPlan(.float16), folded: network.batchNorms)
      }.map { .init(name: $0.name, tensor: Tensor(FloatTensor(zeros: $0.shape))) })
    let model = try Model(network, precision: .float32, weights: folded, path: "m")
    #expect(model.foldedBatchNorms == network.batchNorms)
  }

  @Test func `a source is described by its last name, its size and its SHA-256`() throws {
    try ScratchFolder.with { folder in
      // The digest of "abc" is an example of FIPS 180-4.
      let source = try Provenance.Source(path: try folder.write(Array("abc".utf8), to: "a.onnx"))
      #expect(source.name == "a.onnx" && source.bytes == 3)
      #expect(
        source.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
  }

  @Test func `metadata is the same text every time, keys sorted`() throws {
    let provenance = Provenance(sources: [], settings: ["b/c": "2", "a": "1"])
    let metadata = ModelMetadata(
      configuration: .tiny, plan: PrecisionPlan(.float16), provenance: provenance)
    #expect(
      try metadata.entries == [
        "stm.format": "1", "stm.precision": "fp16",
        "stm.configuration":
          #"{"blocks":[1,1,1],"decoderChannels":4,"keyChannels":4,"trunkWidth":2,"valueChannels":6}"#,
        "stm.provenance": #"{"settings":{"a":"1","b/c":"2"},"sources":[]}"#,
      ])
  }

  private func withModel(
    metadata: [String: String]? = nil, _ body: (Model) throws -> Void
  ) throws {
    let description = ModelMetadata(
      configuration: .tiny, plan: PrecisionPlan(.float32),
      provenance: Provenance(sources: [], settings: [:]))
    let weights = try TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1)
    try ScratchFolder.with { folder in
      try SafetensorsFile.write(
        try TensorArchive(weights.entries, metadata: metadata ?? description.entries),
        to: folder.file("model"))
      try body(try Model(path: folder.file("model")))
    }
  }
}

extension STMNetwork {
  fileprivate var batchNorms: Set<String> {
    Set(
      graphs.flatMap(\.nodes).compactMap { node in
        if case .batchNormalization = node.operation { node.name } else { nil }
      })
  }
}
