import Execution
public import Models
import Networks
public import Quantization
import STMModel
public import Segmentation
import Synchronization
import Tensors

/// What a plan's rounding to binary16 or bfloat16 does to the numbers of a network: to its folded
/// kernels, and to its values where the binary32 model segments clips.
///
/// Biases and the constants of normalizations stay in binary32, so they are not looked at. Values
/// are those of the real loop in binary32; a memory's count each frame once, when it enters. Only
/// what is held or read in 16 bits counts: sums are in binary32, and what a fused ReLU or residual
/// leaves of them is all that is ever rounded.
public struct HalfPrecisionCheck: Sendable {
  /// The share of the elements other than 0 beyond which it is worth a note that they become 0 or
  /// subnormal.
  public static let notableLoss = 0.01

  /// The plan.
  public let plan: PrecisionPlan
  /// The clips, in the order in which they ran.
  public private(set) var clips: [CalibrationStatistics.Clip] = []

  /// The first value that was not finite in binary32, in the order in which clips ran; nil: none.
  public private(set) var firstNonFinite: (program: String, value: String)?

  let programs: [Program]
  private var weights: [Place: RoundingCounts] = [:]
  private var values: [Place: RoundingCounts] = [:]

  /// A check of `plan` on the weights of `model`, a binary32 one.
  ///
  /// Throws `ModelError.alreadyQuantized(path:precision:source:)`, `QuantizationError.plan`, or
  /// what reading a parameter throws.
  public init(_ model: Model, plan: PrecisionPlan) throws {
    try model.requireFloat32()
    try model.network.check(plan, of: model.path)
    self.plan = plan
    programs = model.network.deployedPrograms
    for program in programs {
      for step in program.steps where step.convolution != nil && plan[step].isHalf {
        guard case .convolution(let weight, _, _) = try StepParameters(of: step, in: model.weights)
        else { continue }
        var counts = RoundingCounts(to: plan[step])
        counts.include(weight.values.span)
        weights[Place(program: program.name, name: step.layer, precision: plan[step])] = counts
      }
    }
  }

  /// Segments `clip` with `network`, the binary32 model, and counts its values; `progress` is told
  /// how many frames are done.
  ///
  /// Throws what reading the clip and running the programs throw.
  public mutating func include(
    _ clip: Clip, on network: CompiledNetwork, progress: (Int) -> Void = { _ in }
  ) throws {
    let counter = Counter()
    let taps = programs.map { counter.taps(on: $0, counted(in: $0)) }
    try network.follow(clip, frames: clip.frameCount, taps: taps, progress: progress)
    firstNonFinite = firstNonFinite ?? counter.firstNonFinite
    values.merge(counter.counts) { $0.merged(with: $1) }
    clips.append(CalibrationStatistics.Clip(clip))
  }

  /// Whether the plan rounds anything to 16 bits.
  public var roundsAnything: Bool { programs.contains { !$0.roundings(in: plan).isEmpty } }

  /// Everything that was looked at, in the order of the programs.
  public var findings: [Finding] {
    programs.flatMap { program in
      let roundings = program.roundings(in: plan)
      func found(_ part: Finding.Part, _ name: String, _ step: Step?) -> [Finding] {
        (roundings[name] ?? []).sorted { $0.rawValue < $1.rawValue }.compactMap { precision in
          let place =
            source(of: name, in: program) ?? (program: program.name, value: name)
          let counts = values[
            Place(program: place.program, name: place.value, precision: precision)]
          return counts.map {
            Finding(
              program: program.name, part: part, name: name, layer: step?.layer, counts: $0)
          }
        }
      }
      return program.inputs.flatMap { found(.input, $0, nil) }
        + program.steps.flatMap { step -> [Finding] in
          let place = Place(program: program.name, name: step.layer, precision: plan[step])
          let kernel = weights[place].map {
            Finding(
              program: program.name, part: .weights, name: "\(step.layer).weight",
              layer: step.layer, counts: $0)
          }
          return [kernel].compactMap(\.self) + found(.result, step.name, step)
        }
    }
  }

  /// The values of `program` to count, and to which precisions: those that it rounds, and those
  /// that enter a memory; not the memories that it is given, which would count again and again.
  private func counted(in program: Program) -> [String: Set<Precision>] {
    var counted = program.roundings(in: plan).filter { source(of: $0.key, in: program) == nil }
    for reader in programs {
      for (value, precisions) in reader.roundings(in: plan) {
        guard let source = source(of: value, in: reader), source.program == program.name
        else { continue }
        counted[source.value, default: []].formUnion(precisions)
      }
    }
    return counted
  }

  /// What a memory that `program` is given remembers; nil for any other value.
  private func source(
    of value: String, in program: Program
  ) -> (program: String, value: String)? {
    guard program.memories.contains(value), let writer = programs.first,
      let output = writer.outputs.first(where: { STMNetwork.memories[$0.name] == value })
    else { return nil }
    return (writer.name, output.value)
  }
}

extension HalfPrecisionCheck {
  /// A kernel or a value, and what rounding does to it.
  public struct Finding: Sendable, Hashable {
    /// What is rounded.
    public enum Part: String, Sendable, Encodable {
      /// A layer's folded kernel.
      case weights
      /// What a layer makes.
      case result
      /// What a program is given.
      case input
    }

    /// The program.
    public let program: String
    /// What is rounded.
    public let part: Part
    /// The tensor's or the value's name.
    public let name: String
    /// The layer that has the kernel or makes the value; nil for what a program is given.
    public let layer: String?
    /// What rounding does.
    public let counts: RoundingCounts
  }

  /// Where something is counted, for which precision.
  fileprivate struct Place: Hashable {
    let program: String
    let name: String
    let precision: Precision
  }

  /// Counts tapped values.
  fileprivate final class Counter: Sendable {
    private let counted = Mutex<(counts: [Place: RoundingCounts], first: Place?)>(([:], nil))

    var counts: [Place: RoundingCounts] { counted.withLock { $0.counts } }

    /// Values are made one after another, so it is the same however their elements are shared out.
    var firstNonFinite: (program: String, value: String)? {
      counted.withLock { $0.first.map { ($0.program, $0.name) } }
    }

    func taps(on program: Program, _ values: [String: Set<Precision>]) -> Taps {
      Taps(elementsOf: Set(values.keys)) { value, elements, _ in
        for precision in values[value] ?? [] {
          var counts = RoundingCounts(to: precision)
          counts.include(elements)
          let place = Place(program: program.name, name: value, precision: precision)
          self.counted.withLock {
            $0.counts[place] = $0.counts[place]?.merged(with: counts) ?? counts
            if $0.first == nil && counts.nonFiniteCount > 0 { $0.first = place }
          }
        }
      }
    }
  }
}

extension Precision {
  /// Whether it is binary16 or bfloat16.
  var isHalf: Bool { self == .float16 || self == .bfloat16 }
}
