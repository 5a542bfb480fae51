import Networks
import Tensors

/// Matches tensors by the user's rules.
struct RuleMatching {
  /// What the rules say.
  private(set) var claims: [Claim] = []
  /// Tensors that rules ignore, and why.
  private(set) var ignored: [SourceTensor.ID: String] = [:]
  /// Tensors that no rule is for, in order.
  private(set) var open: [SourceTensor] = []
  /// Rules that do not apply, as sentences.
  private(set) var problems: [String] = []

  private let files: [String]

  /// Applies `rules` to `tensors` of `files`, the last components of paths.
  init(_ rules: MappingRules?, to tensors: [SourceTensor], of files: [String]) {
    self.files = files
    open = tensors
    for (index, rule) in (rules?.rules ?? []).enumerated() {
      let count = open.count
      apply(rule, number: index + 1)
      if open.count == count {
        problems.append("rule \(index + 1): no tensor is left for it")
      }
    }
  }

  private mutating func apply(_ rule: MappingRules.Rule, number: Int) {
    if case .concatenate(let parts, let axis, let parameter) = rule.action {
      concatenate(parts, axis: axis, to: parameter, file: rule.file, number: number)
      return
    }
    var left: [SourceTensor] = []
    for tensor in open {
      if let captures = captures(of: rule, in: tensor) {
        take(tensor, rule.action, captures, number: number)
      } else {
        left.append(tensor)
      }
    }
    open = left
  }

  private func captures(of rule: MappingRules.Rule, in tensor: SourceTensor) -> [String]? {
    if let file = rule.file, file != files[tensor.file] { return nil }
    return rule.pattern?.captures(in: tensor.entry.name)
      ?? rule.pattern?.captures(in: tensor.name)
  }

  private mutating func take(
    _ tensor: SourceTensor, _ action: MappingRules.Action, _ captures: [String], number: Int
  ) {
    func filled(_ template: NameTemplate) -> String? {
      guard let name = template.filled(with: captures) else {
        problems.append(
          "rule \(number): '\(template)' cannot be filled from '\(tensor.entry.name)'")
        return nil
      }
      return name
    }
    switch action {
    case .ignore(let reason): ignored[tensor.id] = reason
    case .rename(let template, let axes):
      guard let name = filled(template) else { return }
      let ordered = axes.map { axes in
        SourceTensor(file: tensor.file, entry: tensor.entry, name: tensor.name, axes: axes)
      }
      if let axes, axes.count != tensor.entry.shape.rank {
        problems.append(
          "rule \(number): expected \(tensor.entry.shape.rank) axes for '\(tensor.entry.name)', "
            + "found \(axes.count)")
        return
      }
      claims.append(Claim(name, ordered ?? tensor, .rule(number)))
    case .split(let axis, let parts):
      let count = parts.map(\.count).reduce(0, +)
      guard axis >= 0, axis < tensor.shape.rank, tensor.shape[axis] == count else {
        problems.append(
          "rule \(number): expected parts of axis \(axis) of '\(tensor.entry.name)' "
            + "\(tensor.shape) to fill it, found \(count)")
        return
      }
      var start = 0
      for part in parts {
        guard let name = filled(part.template) else { return }
        claims.append(
          Claim(
            name, tensor, .rule(number),
            transforms: [.slice(axis: axis, start..<start + part.count)]))
        start += part.count
      }
    case .concatenate: break
    }
  }

  private mutating func concatenate(
    _ parts: [String], axis: Int, to parameter: String, file: String?, number: Int
  ) {
    var tensors: [SourceTensor] = []
    for part in parts {
      let found = open.filter { tensor in
        (tensor.entry.name == part || tensor.name == part)
          && (file == nil || file == files[tensor.file])
      }
      guard found.count == 1 else {
        problems.append("rule \(number): expected one tensor '\(part)', found \(found.count)")
        return
      }
      tensors.append(found[0])
    }
    let ids = Set(tensors.map(\.id))
    open.removeAll { ids.contains($0.id) }
    claims.append(Claim(parameter, concatenating: tensors, axis: axis, .rule(number)))
  }
}
