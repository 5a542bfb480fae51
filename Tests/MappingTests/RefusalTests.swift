import Mapping
import Networks
import STMModel
import Tensors
import TestSupport
import Testing
import WeightFiles

/// One export for each thing that can be wrong with a tensor.
@Suite struct RefusalTests {
  private static let bias = "Decoder.pred2.bias"

  @Test func `a name that is almost right is suggested`() throws {
    let entries = try Export.entries(renaming: [Self.bias: "Decoder.pred.2.bias"])
    let audit = try Export.map(entries).audit
    #expect(audit.missing.map(\.parameter) == [Self.bias])
    #expect(audit.missing.map(\.suggestions) == [["Decoder.pred.2.bias"]])
    #expect(audit.allProblems.texts[0].hasSuffix("found none; did you mean 'Decoder.pred.2.bias'?"))
  }

  @Test func `a name is not suggested for a tensor of another shape`() throws {
    var entries = try Export.entries().filter { $0.name != Self.bias }
    entries.append(.init(name: "Decoder.pred.2.bias", tensor: Tensor(.random([3], seed: 1))))
    #expect(try Export.map(entries).audit.missing.map(\.suggestions) == [[]])
  }

  @Test func `a tensor of another shape is refused with both shapes`() throws {
    let entries = try Export.entries(with: Self.bias, Tensor(.random([3], seed: 1)))
    let mapped = try Export.map(entries)
    #expect(
      mapped.audit.allProblems.texts == [
        "tensor 'Decoder.pred2.bias': expected shape [2], found [3] in 'Decoder.pred2.bias' in "
          + "stm.safetensors"
      ])
    #expect(mapped.weights[Self.bias] == nil)
  }

  @Test func `one tensor with different contents in two files is refused with both files`() throws {
    let other = TensorArchive.Entry(name: Self.bias, tensor: Tensor(.random([2], seed: 99)))
    let audit = try Export.map(files: ["one.h5": Export.entries(), "two.h5": [other]]).audit
    #expect(
      audit.problems.texts == [
        "tensor 'Decoder.pred2.bias': expected one tensor, found 'Decoder.pred2.bias' in one.h5 "
          + "(name) and 'Decoder.pred2.bias' in two.h5 (name), which differ"
      ])
  }

  @Test func `a tensor with the same contents in two files is taken once`() throws {
    let entries = try Export.entries()
    let same = entries.filter { $0.name == Self.bias }
    let audit = try Export.map(files: ["one.h5": entries, "two.h5": same]).audit
    #expect(audit.isClean)
    #expect(audit.ignored.map(\.file) == ["two.h5"])
    #expect(audit.ignored.map(\.reason) == ["the same as 'Decoder.pred2.bias' in one.h5"])
    #expect(audit.sourceCount == audit.usedCount + 1)
  }

  @Test(
    arguments: [
      (Self.bias, [2], .nan, "finite numbers", "nan at element 1"),
      ("Encoder_M.mean", [1, 3, 1, 1], .infinity, "finite numbers", "inf at element 1"),
      (
        "Encoder_M.bn1.running_var", [2], -0.5, "positive numbers", "-0.5 at element 1"
      ),
      ("Encoder_M.bn1.running_var", [2], 0, "positive numbers", "0.0 at element 1"),
      ("Encoder_M.bn1.running_var", [2], .nan, "finite numbers", "nan at element 1"),
      ("Encoder_Q.std", [1, 3, 1, 1], -.infinity, "finite numbers", "-inf at element 1"),
      ("Encoder_Q.std", [1, 3, 1, 1], 0, "positive numbers", "0.0 at element 1"),
    ] as [(String, Shape, Float, String, String)])
  func `a number that cannot be is refused with tensor and element`(
    name: String, shape: Shape, value: Float, expected: String, found: String
  ) throws {
    var values = [Float](repeating: 1, count: shape.elementCount)
    values[1] = value
    let audit = try Export.map(
      Export.entries(with: name, Tensor(FloatTensor(shape: shape, values: values)))
    ).audit
    #expect(
      audit.allProblems.texts == [
        "tensor '\(name)': expected \(expected), found 1 other in '\(name)' in stm.safetensors, "
          + "the first \(found)"
      ])
  }

  @Test(arguments: FoldPolicy.allCases)
  func `a negative variance is refused whatever becomes of the batch norm`(
    policy: FoldPolicy
  ) throws {
    var options = MappingOptions()
    options.fold = policy
    let variance = FloatTensor(shape: [2], values: [1, -1e-6])
    let audit = try Export.map(
      Export.entries(with: "Encoder_M.bn1.running_var", Tensor(variance)), options: options
    ).audit
    #expect(
      audit.allProblems.texts == [
        "tensor 'Encoder_M.bn1.running_var': expected positive numbers, found 1 other "
          + "in 'Encoder_M.bn1.running_var' in stm.safetensors, the first -1e-06 at element 1"
      ])
  }

  @Test(arguments: FoldPolicy.allCases, ["weight", "bias", "running_mean", "running_var"])
  func `a batch norm of another size is refused whatever becomes of it`(
    policy: FoldPolicy, field: String
  ) throws {
    var options = MappingOptions()
    options.fold = policy
    let name = "Encoder_M.bn1.\(field)"
    let audit = try Export.map(
      Export.entries(with: name, Tensor(.random([1], seed: 1))), options: options
    ).audit
    #expect(
      audit.allProblems.texts == [
        "tensor '\(name)': expected shape [2], found [1] in '\(name)' in stm.safetensors"
      ])
  }

  @Test(arguments: FoldPolicy.allCases)
  func `a bias of another size before a batch norm is refused`(policy: FoldPolicy) throws {
    var options = MappingOptions()
    options.fold = policy
    let bias = TensorArchive.Entry(
      name: "Encoder_Q.conv1.bias", tensor: Tensor(.random([1], seed: 1)))
    let audit = try Export.map(Export.entries() + [bias], options: options).audit
    #expect(
      audit.allProblems.texts == [
        "tensor 'Encoder_Q.conv1.bias': expected no such tensor, found shape [1] in "
          + "stm.safetensors"
      ])
  }

  @Test func `weights of integers are refused`() throws {
    let integers = Tensor(bitPatterns: [1, 2] as [Int32], elementType: .int32, shape: [2])
    #expect(
      try Export.map(Export.entries(with: Self.bias, integers)).audit.allProblems.texts == [
        "tensor 'Decoder.pred2.bias': expected a floating-point type, found I32 in "
          + "'Decoder.pred2.bias' in stm.safetensors"
      ])
  }

  private static let counter = "Encoder_M.bn1.num_batches_tracked"

  @Test func `counters of other integers become 64-bit ones`() throws {
    for tensor in [
      Tensor(bitPatterns: [7] as [Int32], elementType: .int32, shape: []),
      Tensor(bitPatterns: [7] as [UInt8], elementType: .uint8, shape: []),
    ] {
      let mapped = try Export.map(Export.entries(with: Self.counter, tensor))
      #expect(mapped.audit.isClean)
      let found = try #require(try mapped.weights[Self.counter]?.tensor())
      #expect(found.elementType == .int64 && found.bitPatterns(as: Int64.self) == [7])
      let match = mapped.audit.matches.first { $0.parameter == Self.counter }
      #expect(match?.transforms == [.convert(from: tensor.elementType, to: .int64)])
    }
  }

  @Test func `counters of fractions are refused`() throws {
    let tensor = Tensor(FloatTensor(shape: [], values: [1]))
    #expect(
      try Export.map(Export.entries(with: Self.counter, tensor)).audit.allProblems.texts == [
        "tensor '\(Self.counter)': expected whole numbers, found F32 in '\(Self.counter)' in "
          + "stm.safetensors"
      ])
  }

  @Test func `other floating-point types become binary32`() throws {
    let halves = Tensor(
      bitPatterns: [0x3C00, 0xC000] as [UInt16], elementType: .float16, shape: [2])
    let mapped = try Export.map(Export.entries(with: Self.bias, halves))
    #expect(mapped.weights[Self.bias]?.elementType == .float32)
    #expect(try mapped.weights.floats(Self.bias).values == [1, -2])
    let match = mapped.audit.matches.first { $0.parameter == Self.bias }
    #expect(match?.transforms.map(\.description) == ["F16 to F32"])
  }

  @Test func `what is known to differ can be allowed, by name`() throws {
    var entries = try Export.entries().filter { $0.name != Self.bias }
    entries.append(.init(name: "ema.step", tensor: Tensor(.random([1], seed: 1))))
    var options = MappingOptions()
    options.allowedMissing = [try NamePattern("Decoder.*.bias")]
    options.allowedUnexpected = [try NamePattern("ema.**")]
    let allowed = try Export.map(entries, options: options)
    #expect(allowed.audit.isClean)
    #expect(allowed.audit.absent == [Self.bias])
    #expect(allowed.audit.ignored.map(\.reason) == ["allowed by 'ema.**'"])
    #expect(allowed.weights["ema.step"] == nil)
    options.allowedMissing = [try NamePattern("Encoder_Q.**")]
    options.allowedUnexpected = [try NamePattern("schedule.**")]
    let other = try Export.map(entries, options: options)
    #expect(other.audit.missing.count == 1 && other.audit.unexpected.count == 1)
  }

  @Test(arguments: [
    ("optimizer.state.0.exp_avg", "the optimizer's state"),
    ("optimizer_state_dict.state.0.step", "the optimizer's state"),
    ("optimizer_states.0.state.0.exp_avg", "the optimizer's state"),
    ("lr_schedulers.0.last", "the schedule's state"),
    ("n_averaged", "how many models were averaged"),
    ("lr_scheduler.last_epoch", "the schedule's state"),
    ("scaler.scale", "the loss scaling's state"),
  ])
  func `what training leaves behind is ignored with the reason`(
    name: String, reason: String
  ) throws {
    let entries = try Export.entries() + [.init(name: name, tensor: Tensor(.random([1], seed: 1)))]
    let audit = try Export.map(entries).audit
    #expect(audit.isClean)
    #expect(audit.ignored.map(\.tensor) == [name])
    #expect(audit.ignored.map(\.reason) == [reason])
  }

  @Test func `a tensor that cannot be read is refused, unless it may be left out`() throws {
    let export = WeightSource(
      path: "a.safetensors", format: .safetensors,
      weights: try TensorArchive(
        Export.entries(),
        unreadable: ["extra.x": TensorError.duplicateName("extra.x", source: "a.safetensors")]))
    #expect(throws: MappingError.self) { try MappedWeights(of: [export]) }
    var options = MappingOptions()
    options.allowedUnexpected = [try NamePattern("extra.*")]
    #expect(try MappedWeights(of: [export], options: options).audit.isClean)
  }

  @Test func `tensors of another kind of network are refused with what would have told it`() throws
  {
    let error = try #require(throws: MappingError.self) {
      try Export.map([.init(name: "fc.weight", tensor: Tensor(.random([10, 3], seed: 1)))])
    }
    guard case .unrecognized(let sources, let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(sources == ["exports/stm.safetensors"])
    #expect(reason.description.contains("Encoder_Q"))
    #expect(
      error.hint
        == "name every file of the export; list what a file holds: stm-convert inspect "
        + "exports/stm.safetensors")
  }

  @Test func `a model of this suite with integers is no export`() throws {
    let integers = TensorArchive.Entry(
      name: "Decoder.pred2.weight",
      tensor: Tensor(bitPatterns: [1] as [UInt8], elementType: .int8, shape: [1])
    )
    let source = WeightSource(
      path: "int8.safetensors", format: .safetensors,
      weights: try TensorArchive([integers], metadata: ["stm.precision": "int8"]))
    #expect(throws: MappingError.quantizedModel(path: "int8.safetensors", precision: "int8")) {
      try MappedWeights(of: [source])
    }
  }

  @Test(arguments: ["state.0.exp_avg", "optimizer.state.12.exp_avg_sq"])
  func `the state of an optimizer alone is told from a network`(name: String) throws {
    let error = MappingError.trainingState(sources: ["exports/stm.safetensors"])
    #expect(throws: error) {
      try Export.map([.init(name: name, tensor: Tensor(.random([10, 3], seed: 1)))])
    }
  }

  @Test func `the trunk alone is refused as a backbone`() throws {
    let trunk = try Export.entries().filter { $0.name.hasPrefix("Encoder_Q.") }
    #expect(
      throws: MappingError.backbone(
        sources: ["exports/stm.safetensors"], width: 2, blocks: [1, 1, 1])
    ) { try Export.map(trunk) }
  }

  @Test func `a backbone under a prefix fills both encoders`() throws {
    var options = MappingOptions()
    options.into = ["Encoder_Q", "Encoder_M"]
    options.isPartial = true
    let trunk = try Export.entries(renaming: ["Encoder_Q.": "features."])
      .filter { $0.name.hasPrefix("features.") }
    let rest = [
      "features.layer4.0.conv1.weight", "features.fc.bias", "conv5_block1_0_bn.gamma",
      "predictions.kernel",
    ]
    let mapped = try Export.map(
      trunk + rest.map { .init(name: $0, tensor: Tensor(.random([1], seed: 1))) },
      options: options)
    #expect(mapped.audit.ignored.map(\.tensor) == rest)
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    for encoder in options.into {
      let found = try mapped.weights.floats("\(encoder).res2.0.conv1.weight")
      let given = try #require(trunk.first { $0.name == "features.res2.0.conv1.weight" })
      #expect(try found == given.floats())
    }
    #expect(mapped.audit.evidence.keys.contains("prefix"))
    #expect(mapped.audit.absent.contains("Decoder.pred2.bias"))
  }
}
