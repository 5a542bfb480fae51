import Tensors

/// Tensors that could be several things, where nothing tells which.
struct Ambiguity: Sendable {
  let tensors: Set<SourceTensor.ID>
  /// The tensors, as a person would name them.
  let found: String
  /// What they could be.
  let candidates: [String]
  /// The pattern of their names, where they are a whole network beside another.
  var network: String?

  var problem: MappingProblem {
    .ambiguous(found: found, candidates: candidates, network: network)
  }
}

/// Matches tensors by what they are called.
struct NameMatching {
  /// What the names tell.
  private(set) var claims: [Claim] = []
  /// What no name tells, in the order of the sources.
  private(set) var open: [RenamedTensor] = []
  /// Groups of tensors that have more than one place, or share one with another group.
  private(set) var ambiguities: [Ambiguity] = []

  private let names: NetworkNames

  /// Matches `tensors`; with modules in `into`, a trunk under any prefix becomes each of those.
  /// Names alone decide about tensors in `leftOut`; no prefix of theirs is matched.
  init(
    _ tensors: [RenamedTensor], names: NetworkNames, into: [String] = [],
    leftOut: Set<SourceTensor.ID> = []
  ) {
    self.names = names
    for renamed in tensors {
      if into.isEmpty, names.shapes[renamed.name] != nil {
        claim(renamed.name, renamed, renamed.conventions.isEmpty ? .name : nil)
      } else {
        open.append(renamed)
      }
    }
    var groups = grouped(open.filter { !leftOut.contains($0.tensor.id) })
    if into.isEmpty {
      while let (group, module) = uniqueFit(in: groups) {
        for (tail, renamed) in group.members {
          claim(module.qualified(tail), renamed, .prefix(group.prefix))
        }
        remove(group)
        groups.removeAll { $0.id == group.id }
      }
    } else {
      groups = groups.filter { isTrunk($0) }
      if groups.count == 1 {
        let evidence: Evidence? = groups[0].prefix.isEmpty ? nil : .prefix(groups[0].prefix)
        for module in into {
          for (tail, renamed) in groups[0].members { claim("\(module).\(tail)", renamed, evidence) }
        }
        remove(groups[0])
        groups = []
      }
    }
    ambiguities = groups.compactMap { group in
      let fits =
        into.isEmpty
        ? names.modules.filter { group.fits($0, names: names) && !isBesideOther(group, $0) }
          .map(\.name) : into
      guard !fits.isEmpty else { return nil }
      return Ambiguity(
        tensors: Set(group.members.map(\.tensor.tensor.id)), found: group.described,
        candidates: fits.map { $0.isEmpty ? "the whole network" : $0 },
        network: fits == [""] ? group.pattern : nil)
    }
  }

  /// What the tensors of a group have in common.
  private struct GroupID: Hashable {
    let file: Int
    let prefix: String
    /// The modules that have a part of the same name as each of its tensors.
    let family: Set<String>
  }

  /// Tensors of a file whose names end like parameters', behind one prefix.
  private struct Group {
    let id: GroupID
    var members: [(tail: String, tensor: RenamedTensor)]

    var file: Int { id.file }
    var prefix: String { id.prefix }

    /// What all names behind the prefix fit, if there is one.
    var pattern: String? { prefix.isEmpty ? nil : "\(prefix).**" }

    var described: String {
      let path = members[0].tensor.tensor.entry.source
      let source = path.split(separator: "/").last.map(String.init) ?? path
      return pattern.map { "\(source): '\($0)'" } ?? source
    }

    /// Whether the prefix does not speak of the other of the two encoders: a word of it such as
    /// `memory` or `query`.
    func isNamed(like module: NetworkNames.Module) -> Bool {
      let words = Set(prefix.lowercased().split { !$0.isLetter }.map(String.init))
      let speaksOfMemory = !words.isDisjoint(with: ["memory", "mem", "m"])
      let speaksOfQuery = !words.isDisjoint(with: ["query", "q"])
      guard speaksOfMemory != speaksOfQuery else { return true }
      return !module.name.contains(speaksOfMemory ? "_Q" : "_M")
    }

    /// Whether every tensor has a place of its shape in `module`, and no kernel is missing.
    func fits(_ module: NetworkNames.Module, names: NetworkNames) -> Bool {
      guard isNamed(like: module) else { return false }
      let tails = Set(members.map(\.tail))
      let isMerged = members.contains {
        $0.tail.hasSuffix("conv1.weight") && $0.tensor.hasMergedStem
      }
      let lacking = module.kernels.subtracting(tails)
      guard lacking.isEmpty || (isMerged && lacking.allSatisfy(NameMatching.isMaskKernel)) else {
        return false
      }
      return members.allSatisfy { tail, renamed in
        let shape = names.shapes[module.qualified(tail)]
        return shape != nil
          && (shape == renamed.tensor.shape || tail == "mean" || tail == "std"
            || (renamed.hasMergedStem && tail.hasSuffix("conv1.weight")))
      }
    }
  }

  private static func isMaskKernel(_ tail: String) -> Bool {
    tail.hasSuffix("conv1_m.weight") || tail.hasSuffix("conv1_o.weight")
  }

  private func grouped(_ open: [RenamedTensor]) -> [Group] {
    let tails = names.modules.reduce(into: Set<String>()) { $0.formUnion($1.tails) }
    let mostParts = tails.map { $0.split(separator: ".").count }.max() ?? 0
    var groups: [Group] = []
    var places: [GroupID: Int] = [:]
    for renamed in open {
      let parts = renamed.name.split(separator: ".", omittingEmptySubsequences: false)
      let start = parts.indices.suffix(mostParts).first {
        tails.contains(parts[$0...].joined(separator: "."))
      }
      guard let start else { continue }
      let member = (parts[start...].joined(separator: "."), renamed)
      let prefix = parts[..<start].joined(separator: ".")
      let id = GroupID(
        file: renamed.tensor.file, prefix: prefix, family: family(of: member.0))
      if let place = places[id] {
        groups[place].members.append(member)
      } else {
        places[id] = groups.count
        groups.append(Group(id: id, members: [member]))
      }
    }
    return groups
  }

  /// The kind of module that has a part called `tail`: the two encoders are of one kind, and the
  /// two layers of keys and values.
  private func family(of tail: String) -> Set<String> {
    let modules = names.modules.filter { $0.tails.contains(tail) }.map(\.name)
    return Set(modules.map { $0.replacing("_Q", with: "_M") })
  }

  /// Whether the other encoder is the only one in a group's file.
  private func isBesideOther(_ group: Group, _ module: NetworkNames.Module) -> Bool {
    guard module.name.hasPrefix("KV_") else { return false }
    let trunks = Set(
      claims.filter { $0.sources[0].file == group.file }.map { $0.parameter.prefix(9) }
    ).intersection(["Encoder_M", "Encoder_Q"])
    guard trunks.count == 1, let trunk = trunks.first else { return false }
    return trunk.last != module.name.dropFirst(3).first
  }

  /// A group that fits exactly one module which has no tensors yet and which no other group fits.
  private func uniqueFit(in groups: [Group]) -> (Group, NetworkNames.Module)? {
    let claimed = Set(claims.map(\.parameter))
    let free = names.modules.filter { module in
      !module.kernels.contains { claimed.contains(module.qualified($0)) }
    }
    let fits = groups.map { group in
      free.filter { group.fits($0, names: names) && !isBesideOther(group, $0) }
    }
    for (index, modules) in fits.enumerated() where modules.count == 1 {
      let rivals = fits.indices.filter { other in
        other != index && fits[other].contains { $0.name == modules[0].name }
      }
      if rivals.isEmpty { return (groups[index], modules[0]) }
    }
    return nil
  }

  /// Whether a group holds a whole trunk; the kernels for masks may be missing.
  private func isTrunk(_ group: Group) -> Bool {
    let tails = Set(group.members.map(\.tail))
    let trunk = names.modules.first { $0.name == "Encoder_Q" }
    return trunk.map { $0.kernels.isSubset(of: tails) } ?? false
  }

  private mutating func remove(_ group: Group) {
    let ids = Set(group.members.map(\.tensor.tensor.id))
    open.removeAll { ids.contains($0.tensor.id) }
  }

  private mutating func claim(
    _ parameter: String, _ renamed: RenamedTensor, _ evidence: Evidence?
  ) {
    let evidence = evidence ?? .convention(renamed.conventions)
    claims += Claim.claims(parameter, renamed.tensor, evidence, names: names)
  }
}

extension SourceTensor {
  /// Whether it has the shape of a kernel for frame, mask and others at once: `[w, 5, 7, 7]`.
  var hasMergedStem: Bool { shape.rank == 4 && shape.dimensions.dropFirst() == [5, 7, 7] }
}

extension NetworkNames.Module {
  /// The name of `tail` in the network.
  func qualified(_ tail: String) -> String { name.isEmpty ? tail : "\(name).\(tail)" }
}

extension Claim {
  /// The claims that `tensor` is `parameter`, whose shape it may have in another form: a stem for
  /// five channels is three kernels, and a statistic by channel may lack dimensions of 1.
  static func claims(
    _ parameter: String, _ tensor: SourceTensor, _ evidence: Evidence, names: NetworkNames,
    channels: [String] = ["conv1", "conv1_m", "conv1_o"]
  ) -> [Claim] {
    if parameter == "Encoder_M.conv1.weight", tensor.hasMergedStem {
      var start = 0
      return channels.map { layer in
        let count = layer == "conv1" ? 3 : 1
        defer { start += count }
        return Claim(
          "Encoder_M.\(layer).weight", tensor, evidence,
          transforms: [.slice(axis: 1, start..<start + count)])
      }
    }
    if let shape = names.shapes[parameter], shape != tensor.shape, shape.rank == 4,
      tensor.entry.shape.rank < 4, shape.elementCount == tensor.shape.elementCount
    {
      return [Claim(parameter, tensor, evidence, transforms: [.reshape(shape)])]
    }
    return [Claim(parameter, tensor, evidence)]
  }
}
