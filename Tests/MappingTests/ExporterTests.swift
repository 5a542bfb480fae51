import Mapping
import Networks
import STMModel
import Safetensors
import Tensors
import TestSupport
import Testing

/// Holds what many exporters make of one network against the tensors that it was made of.
@Suite struct ExporterTests {
  @Test(arguments: try ExporterCase.all())
  func `an export becomes the network that it was made of, or is refused`(
    case export: ExporterCase
  ) throws {
    var options = MappingOptions()
    if export.outcome == .backbone {
      options.into = ["Encoder_Q", "Encoder_M"]
      options.isPartial = true
    }
    guard export.outcome != .refused else {
      let problems = Self.refusal(of: export)
      #expect(problems.contains(try #require(export.word)), "\(problems)")
      return
    }
    let mapped = try Export.map(exporters: export.files, options: options)
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(mapped.network.configuration.residual == export.residual ?? .raw)
    Self.checkAccount(of: mapped)
    switch export.outcome {
    case .backbone: try Self.checkBackbone(mapped)
    case .folded:
      try Self.checkAbsent(from: mapped, export)
      try Self.checkFolded(mapped, export)
    case .exact, .rounded:
      try Self.checkAbsent(from: mapped, export)
      try Self.checkTensors(of: mapped, export)
    case .refused: break
    }
  }

  /// What is said about an export that cannot be imported.
  private static func refusal(of export: ExporterCase) -> String {
    do {
      return try Export.map(exporters: export.files).audit.allProblems.texts.joined(separator: "\n")
    } catch {
      return "\(error)"
    }
  }

  /// Every tensor of the export is accounted for, and every one of the model has its evidence.
  private static func checkAccount(of mapped: MappedWeights) {
    let audit = mapped.audit
    #expect(audit.sourceCount == audit.usedCount + audit.ignored.count + audit.unexpected.count)
    #expect(audit.matches.map(\.parameter) == mapped.weights.entries.map(\.name))
    for match in audit.matches {
      #expect(match.sources.isEmpty == (match.evidence.kind == "assumed"), "\(match.parameter)")
    }
    #expect(audit.ignored.allSatisfy { !$0.reason.isEmpty })
  }

  /// What the export lacks is what the case says, no less and no more.
  private static func checkAbsent(from mapped: MappedWeights, _ export: ExporterCase) throws {
    let patterns = try (export.absent ?? []).map { try NamePattern(shell: $0) }
    let assumed = mapped.audit.matches.filter { $0.sources.isEmpty }.map(\.parameter)
    for name in mapped.audit.absent + assumed {
      #expect(patterns.contains { $0.matches(name) }, "\(name)")
    }
    for match in mapped.audit.matches where !match.sources.isEmpty {
      #expect(!patterns.contains { $0.matches(match.parameter) }, "\(match.parameter)")
    }
  }

  /// Every tensor is the truth's: bit for bit, or within the case's tolerance.
  private static func checkTensors(of mapped: MappedWeights, _ export: ExporterCase) throws {
    let truth = try Truth(export, original: Export.truth())
    for entry in mapped.weights.entries where mapped.audit.evidence(for: entry.name) != "assumed" {
      try truth.check(try entry.tensor(), named: entry.name)
    }
  }

  /// What is folded arrived so where the case says it; and once folded, everything is the truth's.
  private static func checkFolded(_ mapped: MappedWeights, _ export: ExporterCase) throws {
    let patterns = try (export.arrivesFolded ?? []).map { try NamePattern(shell: $0) }
    let truth = try Truth(export, original: Export.folded())
    let made = Set(mapped.audit.matches.filter(\.isFolded).map(\.parameter))
    let steps = mapped.network.graphs.flatMap { Program(deploying: $0).steps }
    let folded = Set(
      steps.filter { step in
        step.batchNorm?.providesShift == true && mapped.weights["\(step.layer).bias"] != nil
      }.compactMap(\.batchNorm?.layer))
    for step in steps {
      guard
        case .convolution(let weight, let bias, _) = try StepParameters(
          of: step, in: mapped.weights)
      else { continue }
      var channel = 0
      for layer in step.layers {
        let name = "\(layer).weight"
        let kernel = try mapped.weights[name]?.tensor()
        let channels = channel..<channel + (kernel?.shape[1] ?? 0)
        channel = channels.upperBound
        if try truth.checkDiffering(kernel, named: name) { continue }
        if let norm = step.batchNorm {
          let arrived = folded.contains(norm.layer) && !made.contains(name)
          #expect(arrived == patterns.contains { $0.matches(layer) }, "\(layer)")
        }
        try truth.check(Tensor(weight.sliced(channels, axis: 1)), named: name)
      }
      if let bias {
        try truth.check(
          Tensor(FloatTensor(shape: [bias.count], values: bias)), named: "\(step.layer).bias")
      }
    }
  }

  /// Both encoders are the trunk of the truth's `Encoder_Q`, and nothing else is there.
  private static func checkBackbone(_ mapped: MappedWeights) throws {
    let truth = try Export.truth()
    let trunk = truth.entries.map(\.name).filter {
      $0.hasPrefix("Encoder_Q.") && !$0.hasSuffix(".num_batches_tracked")
    }
    for name in trunk {
      let tensor = try #require(try truth[name]?.tensor())
      for encoder in ["Encoder_Q", "Encoder_M"] {
        let found = try mapped.weights[name.replacing("Encoder_Q", with: encoder)]?.tensor()
        #expect(try #require(found).isBitIdentical(to: tensor), "\(encoder): \(name)")
      }
    }
    #expect(mapped.weights.entries.count == 2 * trunk.count)
  }
}

/// What the tensors of a case must be.
private struct Truth {
  let tensors: TensorArchive
  let differing: TensorArchive?
  let tolerance: Float
  let tolerances: [(pattern: NamePattern, tolerance: Float)]

  init(_ export: ExporterCase, original: TensorArchive) throws {
    tensors = original
    differing = try export.differs.map { try SafetensorsFile.read(try Export.path($0)) }
    tolerance = export.tolerance ?? 0
    tolerances = try (export.tolerances ?? [:]).map { (try NamePattern(shell: $0.key), $0.value) }
  }

  /// Whether `name` is one of the tensors that are other than usual in this case; records an issue
  /// where `found` is not that tensor.
  func checkDiffering(_ found: Tensor?, named name: String) throws -> Bool {
    guard let expected = try differing?[name]?.tensor() else { return false }
    let error = try #require(found).floats().relativeError(to: expected.floats())
    #expect(error <= tolerance, "\(name)")
    return true
  }

  /// Records an issue where `found` is another tensor than `name` must be.
  func check(_ found: Tensor, named name: String) throws {
    let expected = try #require(try (differing?[name] ?? tensors[name])?.tensor(), "\(name)")
    let tolerance = tolerances.first { $0.pattern.matches(name) }?.tolerance ?? tolerance
    if tolerance == 0 || !found.elementType.isFloatingPoint {
      #expect(found.isBitIdentical(to: expected), "\(name)")
    } else {
      #expect(found.shape == expected.shape, "\(name)")
      let error = found.floats().relativeError(to: expected.floats())
      #expect(error <= tolerance, "\(name)")
    }
  }
}

extension MappingAudit {
  /// The kind of evidence for `parameter`.
  fileprivate func evidence(for parameter: String) -> String? {
    matches.first { $0.parameter == parameter }?.evidence.kind
  }
}

extension MappingAudit.Match {
  /// Whether the import folded a batch norm into it.
  fileprivate var isFolded: Bool {
    transforms.contains { if case .fold = $0 { true } else { false } }
  }
}

extension NamePattern {
  /// A pattern as Python's `fnmatch` has it: `*` is anything at all, and `?` one character.
  fileprivate init(shell pattern: String) throws {
    let expression = pattern.replacing(".", with: "\\.").replacing("*", with: ".*")
      .replacing("?", with: ".")
    try self.init("re:\(expression)")
  }
}
