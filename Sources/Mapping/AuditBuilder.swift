import Files
import Networks
import STMModel
import Tensors

/// Draws up the account of an import, and its result.
struct AuditBuilder {
  private(set) var audit = MappingAudit()
  /// The tensors of the model, in the network's order.
  private(set) var entries: [TensorArchive.Entry] = []

  private let tensors: SourceTensors
  private let network: STMNetwork
  private let names: NetworkNames
  private let options: MappingOptions
  private let unreadable: [(file: Int, tensor: String, reason: String)]
  private var duplicates: [SourceTensor.ID: String] = [:]
  private var superfluous: [SourceTensor.ID: String] = [:]

  init(
    _ tensors: SourceTensors, network: STMNetwork, names: NetworkNames, options: MappingOptions,
    unreadable: [(file: Int, tensor: String, reason: String)]
  ) {
    self.tensors = tensors
    self.unreadable = unreadable
    self.network = network
    self.names = names
    self.options = options
  }

  /// One claim for each parameter; tensors with the same contents are one, others contradict.
  mutating func unique(_ claims: [Claim]) -> [String: Claim] {
    var unique: [String: Claim] = [:]
    for claim in claims {
      guard let first = unique[claim.parameter] else {
        unique[claim.parameter] = claim
        continue
      }
      if first.sources.map(\.id) == claim.sources.map(\.id) { continue }
      if (try? areEqual(first, claim)) == true {
        for source in claim.sources.flatMap(\.stored) {
          duplicates[source.id] = "the same as \(label(first.sources[0]))"
        }
      } else {
        audit.problems.append(
          .other(
            "tensor '\(claim.parameter)': expected one tensor, found \(label(first.sources[0])) "
              + "(\(first.evidence)) and \(label(claim.sources[0])) (\(claim.evidence)), "
              + "which differ"))
      }
    }
    return unique
  }

  private func areEqual(_ first: Claim, _ second: Claim) throws -> Bool {
    guard first.shape == second.shape, first.shape != nil else { return false }
    if first.isVerbatim, second.isVerbatim {
      return try first.sources[0].entry.tensor()
        .isBitIdentical(to: second.sources[0].entry.tensor())
    }
    return try Tensor(first.floats()).isBitIdentical(to: Tensor(second.floats()))
  }

  private func label(_ tensor: SourceTensor) -> String {
    "'\(tensor.entry.name)' in \(tensors.labels[tensor.file])"
  }

  /// Checks every settled parameter and accounts for every tensor.
  mutating func finish(
    _ settlement: Settlement, wiring: WiringMatching?, named: NameMatching?
  ) {
    audit.sourceCount = tensors.all.count + unreadable.count
    audit.ignored = unreadable.map {
      .init(file: tensors.labels[$0.file], tensor: $0.tensor, reason: $0.reason)
    }
    let expected = network.parameters(folding: settlement.folded)
    var used: Set<SourceTensor.ID> = []
    for parameter in expected {
      if let found = settlement[parameter.name] {
        used.formUnion(found.sources.map(\.id))
        check(found, unfolded: settlement.unfolded(parameter), for: parameter)
      } else if let value = wiring?.leftOut[parameter.name] {
        assume(
          [Float](repeating: value, count: parameter.shape.elementCount), for: parameter,
          "no division")
      } else if let value = Self.assumedValue(of: parameter) {
        assume(value, for: parameter, "ImageNet")
      } else if parameter.isOptional || isAllowedMissing(parameter.name) {
        audit.absent.append(parameter.name)
      } else {
        audit.missing.append(
          .init(parameter: parameter.name, shape: parameter.shape, suggestions: []))
      }
    }
    checkVariances(of: settlement)
    audit.usedCount = used.count
    superfluous = settlement.superfluous
    accountForRest(used: used, open: named?.ambiguities ?? [], wiring: wiring)
    audit.problems += (tensors.ruled.problems + settlement.refusals).map { .other($0) }
    audit.problems += (wiring?.contradictions ?? []).map { .graph($0) }
    suggest()
    assumeWhatWeightsHide(wiring)
  }

  private func isAllowedMissing(_ name: String) -> Bool {
    options.isPartial || options.allowedMissing.contains { $0.matches(name) }
  }

  private mutating func check(
    _ found: SettledParameter, unfolded: SettledParameter?, for parameter: Parameter
  ) {
    let main = found.sources[0]
    let sources = found.sources.map { source(of: $0) }
    guard found.shape == parameter.shape else {
      audit.problems.append(
        .other(
          "tensor '\(parameter.name)': expected shape \(parameter.shape), found "
            + "\(found.shape.map(String.init(describing:)) ?? "\(main.entry.shape)") in \(label(main))"
        ))
      return
    }
    let wanted: ElementType = parameter.role == .counter ? .int64 : .float32
    let type = main.entry.elementType
    guard parameter.role == .counter ? !type.isFloatingPoint : type.isFloatingPoint else {
      audit.problems.append(
        .other(
          "tensor '\(parameter.name)': expected "
            + "\(parameter.role == .counter ? "whole numbers" : "a floating-point type"), found "
            + "\(type.rawValue) in \(label(main))"))
      return
    }
    var transforms = found.transforms
    if type != wanted { transforms.append(.convert(from: type, to: wanted)) }
    audit.matches.append(
      .init(
        parameter: parameter.name, sources: sources, transforms: transforms,
        evidence: found.evidence))
    let entry = Self.entry(found, as: wanted)
    checkValues(
      of: entry, kernel: unfolded.map { Self.entry($0, as: .float32) }, for: parameter, from: main)
    entries.append(entry)
  }

  /// Checks the elements of `entry`; `kernel` is what a batch norm was folded into for it.
  private mutating func checkValues(
    of entry: TensorArchive.Entry, kernel: TensorArchive.Entry? = nil, for parameter: Parameter,
    from main: SourceTensor
  ) {
    guard parameter.role != .counter else { return }
    do {
      if parameter.shape == [1, 3, 1, 1] {
        let values = try entry.floats().values
        if values.contains(where: { $0.isFinite && $0 > 2 }) {
          audit.problems.append(
            .range(parameter: parameter.name, tensor: label(main), values: values))
          return
        }
        if options.channels == nil, parameter.name.hasSuffix(".mean"),
          ChannelOrder.isReversedMean(values)
        {
          audit.problems.append(.reversedMean(parameter: parameter.name, tensor: label(main)))
          return
        }
      }
      let found = try ValueCheck(options: options).findings(
        in: entry, kernel: kernel, of: parameter, from: source(of: main))
      audit.values += found
      audit.problems += found.filter { !$0.isAccepted }.map { .other($0.description) }
    } catch {
      audit.problems.append(.other("tensor '\(parameter.name)': \(error)"))
    }
  }

  /// Checks the variances of batch norms that the result holds inside convolutions only.
  private mutating func checkVariances(of settlement: Settlement) {
    for norm in settlement.folded.sorted() {
      guard let found = settlement["\(norm).running_var"], let shape = found.shape else { continue }
      let parameter = Parameter(name: found.name, shape: shape, role: .statistic)
      checkValues(
        of: Self.entry(found, as: .float32), for: parameter, from: found.sources[0])
    }
  }

  /// `found` as a model file holds it.
  private static func entry(
    _ found: SettledParameter, as type: ElementType
  ) -> TensorArchive.Entry {
    let main = found.sources[0].entry
    if let floats = found.floats {
      return TensorArchive.Entry(
        name: found.name, elementType: type, shape: found.shape ?? main.shape, source: main.source
      ) { Tensor(try floats()) }
    }
    if main.elementType == type { return main.renamed(found.name) }
    return TensorArchive.Entry(
      name: found.name, elementType: type, shape: main.shape, source: main.source
    ) {
      type == .int64
        ? Tensor(
          bitPatterns: try main.tensor().integers(), elementType: .int64, shape: main.shape)
        : Tensor(try main.floats())
    }
  }

  /// The mean and the standard deviation of ImageNet, which every published encoder normalizes by.
  private static func assumedValue(of parameter: Parameter) -> [Float]? {
    guard parameter.role == .statistic, parameter.shape == [1, 3, 1, 1] else { return nil }
    let usual = ImageNormalization.imageNet
    return parameter.name.hasSuffix(".mean") ? usual.mean : usual.deviation
  }

  private mutating func assume(
    _ value: [Float], for parameter: Parameter, _ reason: String
  ) {
    if !options.into.isEmpty,
      !options.into.contains(where: { parameter.name.hasPrefix("\($0).") })
    {
      audit.absent.append(parameter.name)
      return
    }
    audit.matches.append(
      .init(
        parameter: parameter.name, sources: [], transforms: [], evidence: .assumed(reason)))
    entries.append(
      TensorArchive.Entry(
        name: parameter.name, tensor: Tensor(FloatTensor(shape: parameter.shape, values: value))))
  }

  private func source(of tensor: SourceTensor) -> MappingAudit.Source {
    .init(
      file: tensors.labels[tensor.file], tensor: tensor.entry.name,
      variable: tensor.name == tensor.entry.name ? nil : tensor.name, shape: tensor.entry.shape)
  }

  /// Finds a reason for every tensor that no parameter uses, or calls it unexpected.
  private mutating func accountForRest(
    used: Set<SourceTensor.ID>, open: [Ambiguity], wiring: WiringMatching?
  ) {
    let ambiguities = (wiring?.ambiguities ?? []) + open + tensors.counted(used, names: names)
    var explained: Set<SourceTensor.ID> = []
    for ambiguity in ambiguities where !ambiguity.tensors.isSubset(of: used.union(explained)) {
      explained.formUnion(ambiguity.tensors)
      audit.unclear.formUnion(ambiguity.candidates)
      audit.unclear.formUnion(
        tensors.all.filter { ambiguity.tensors.contains($0.id) }.map(\.entry.name))
      audit.problems.append(ambiguity.problem)
    }
    for tensor in tensors.all where !used.contains(tensor.id) {
      let reason =
        tensors.ruled.ignored[tensor.id] ?? duplicates[tensor.id] ?? superfluous[tensor.id]
        ?? tensors.leftoverReason(
          tensor.entry.name, renamed: RenamedTensor(tensor).name)
        ?? tensors.operandReason(
          file: tensor.file, name: tensor.entry.name, isMatrix: tensor.shape.rank > 1)
      if let reason {
        audit.ignored.append(
          .init(
            file: tensors.labels[tensor.file], tensor: tensor.entry.name, reason: reason))
      } else {
        audit.unexpected.append(source(of: tensor))
      }
    }
  }

  /// Names alike among what is left over, for what is missing.
  private mutating func suggest() {
    guard audit.unexpected.count * audit.missing.count <= 40_000 else { return }
    audit.missing = audit.missing.map { item in
      let alike = audit.unexpected.filter { $0.shape == item.shape }.map(\.tensor)
      return .init(
        parameter: item.parameter, shape: item.shape,
        suggestions: NameSimilarity.nearest(to: item.parameter, among: alike))
    }
  }

  private mutating func assumeWhatWeightsHide(_ wiring: WiringMatching?) {
    let assumed = audit.matches.filter { $0.sources.isEmpty }.map(\.parameter)
    let leftOut = assumed.filter { wiring?.leftOut[$0] != nil }
    let usual = assumed.filter { wiring?.leftOut[$0] == nil }
    if !usual.isEmpty {
      audit.assumptions.append(
        "the export does not hold \(usual.joined(separator: ", ")): ImageNet's values")
    }
    if !leftOut.isEmpty {
      audit.assumptions.append(
        "the graph subtracts a mean and does not divide: \(leftOut.joined(separator: ", ")) is 1")
    }
    if options.residual == nil, wiring?.residual == nil, options.into.isEmpty {
      audit.assumptions.append(
        "residual blocks add the raw value (weights do not show a ReLU in place; --residual)")
    }
    if wiring == nil {
      audit.assumptions.append(
        "strides as in ResNet v1.5 and a batch-norm epsilon of 1e-5 (weights do not show them)")
    }
    if audit.matches.contains(where: { match in
      match.sources.contains { $0.tensor.contains("conv1_bg") }
    }) {
      audit.assumptions.append(
        "'conv1_bg' is conv1_o: where it was trained on everything but the object rather than "
          + "on the other objects, masks change")
    }
  }
}

extension STMNetwork {
  /// The parameters in the network's order, where the batch norms in `folded` are part of the
  /// convolutions before them.
  fileprivate func parameters(folding folded: Set<String>) -> [Parameter] {
    graphs.flatMap { Program(layersOf: $0, folding: folded).parameters(folded: folded) }
  }
}
