import Networks
import Quantization

extension HalfPrecisionCheck {
  /// A plan that rounds nothing of what overflows, and how to ask for it.
  public struct Advice: Sendable, Hashable {
    /// The layers that must stay in binary32, beside those that did, by name.
    public let layers: [String]
    /// The options of `stm-quantize write` that make the plan, word by word.
    public let options: [String]
    /// What would overflow all the same.
    public let remaining: [Finding]
  }

  /// What to keep in binary32, so that nothing that was seen overflows; nil where nothing does.
  ///
  /// A kernel asks for its layer. A value asks for the layer that makes it and for those that read
  /// it. One that is handed from program to program is held in the plan's standard precision, which
  /// then has to be fp32, with every other layer kept in what it was.
  public var advice: Advice? {
    let overflowing = findings.filter { $0.counts.overflowCount > 0 }
    guard !overflowing.isEmpty else { return nil }
    let known = Dictionary(uniqueKeysWithValues: programs.map { ($0.name, $0) })
    let layers = Set(
      overflowing.flatMap { finding -> Set<String> in
        guard finding.part == .result || finding.part == .input,
          let program = known[finding.program]
        else { return Set([finding.layer].compactMap(\.self)) }
        return program.layers(around: finding.name)
      })
    let memories = programs.flatMap(\.memories)
    let overflowsMemory = overflowing.contains { memories.contains($0.name) }
    func remaining(_ plan: PrecisionPlan) -> [Finding] {
      overflowing.filter { known[$0.program]?.rounds($0, in: plan) == true }
    }

    let kept = plan.exceptions.merging(layers.map { ($0, Precision.float32) }) { $1 }
    func held(_ otherwise: Precision?) -> [String: Precision] {
      guard let precision = overflowsMemory ? .float32 : otherwise else { return plan.memories }
      return Dictionary(uniqueKeysWithValues: memories.map { ($0, precision) })
        .merging(overflowsMemory ? [:] : plan.memories) { $1 }
    }
    let same = PrecisionPlan(plan.standard, exceptions: kept, memories: held(nil))
    let left = remaining(same)
    guard !left.isEmpty, plan.standard.isHalf else {
      return Advice(
        layers: layers.sorted(), options: Self.options(of: same, rest: nil), remaining: left)
    }
    let steps = programs.flatMap(\.steps).filter(\.hasOwnPrecision)
    let all = Dictionary(steps.map { ($0.layer, plan[$0]) }) { $1 }
    let wide = PrecisionPlan(
      .float32, exceptions: all.merging(kept) { $1 }.filter { $0.value != .float32 },
      memories: held(plan.standard))
    return Advice(
      layers: layers.sorted(),
      options: Self.options(
        of: PrecisionPlan(.float32, exceptions: kept, memories: wide.memories),
        rest: plan.standard),
      remaining: remaining(wide))
  }

  /// The options that make `plan`, after `--keep '**=REST'` where there is a rest.
  private static func options(of plan: PrecisionPlan, rest: Precision?) -> [String] {
    ["--precision", plan.standard.rawValue]
      + (rest.map { ["--keep", "**=\($0.rawValue)"] } ?? [])
      + plan.exceptions.sorted { $0.key < $1.key }.flatMap {
        ["--keep", "\($0.key)=\($0.value.rawValue)"]
      }
      + (plan.memories.values.first.map { ["--memory-precision", $0.rawValue] } ?? [])
  }
}

extension Program {
  /// Whether `plan` rounds what `finding` is about to the precision that it is about.
  fileprivate func rounds(_ finding: HalfPrecisionCheck.Finding, in plan: PrecisionPlan) -> Bool {
    switch finding.part {
    case .weights:
      steps.contains { $0.layer == finding.layer && plan[$0] == finding.counts.precision }
    case .result, .input:
      roundings(in: plan)[finding.name]?.contains(finding.counts.precision) == true
    }
  }
}
