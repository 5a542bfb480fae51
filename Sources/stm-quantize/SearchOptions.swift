import ArgumentParser
import Quantization
import Tuning

/// What `--precision mixed` looks for.
struct SearchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "mixed: at most so large a file: bytes, 12MiB, or 0.45x of the fp32 file.",
      valueName: "size"))
  var maxSize: SizeLimit?
  @Option(
    name: .customLong("min-iou"),
    help: ArgumentHelp(
      "mixed: the least IoU of masks with those of fp32, in every clip.", valueName: "iou"))
  var minIoU: Double?
  @Option(
    help: ArgumentHelp(
      "mixed: at most so long a frame, by --profile, as in 12ms.", valueName: "time"))
  var maxLatency: Latency?
  @Option(
    help: ArgumentHelp(
      """
      mixed: a report of stm-verify profile, one for each candidate. May be given several times.
      """, valueName: "file"))
  var profile: [String] = []
  @Option(
    help: ArgumentHelp(
      "mixed: a clip to measure plans on. May be given several times. (default: --calibrate)",
      valueName: "clip"))
  var searchClip: [String] = []
  @Option(help: "mixed: how many whole plans to measure at most. (default: 40)")
  var maxEvaluations: Int?
  @Option(
    help: ArgumentHelp(
      """
      mixed: what layers may be in. (default: those of the profiles, or \(Candidates.standard) \
      without any)
      """, valueName: "precision,..."))
  var candidates: Candidates?
  @Option(
    help: ArgumentHelp(
      "mixed: keep what was measured in a file, and go on from it where it is there.",
      valueName: "file"))
  var state: String?

  func validate() throws {
    if let minIoU, !(minIoU > 0 && minIoU <= 1) {
      throw ValidationError("--min-iou: expected above 0 and up to 1, found \(minIoU)")
    }
    if let maxEvaluations, !(1...10_000).contains(maxEvaluations) {
      throw ValidationError("--max-evaluations: expected 1 to 10000, found \(maxEvaluations)")
    }
    if maxLatency != nil && profile.isEmpty {
      throw ValidationError("--max-latency: expected at least one --profile FILE, found none")
    }
  }

  /// Checks that something is looked for, or that nothing is where no search `isWanted`.
  ///
  /// Throws `ValidationError`.
  func validate(isWanted: Bool, isGivenClips: Bool) throws {
    let constraints = [maxSize != nil, minIoU != nil, maxLatency != nil]
    guard isWanted else {
      let others = [!profile.isEmpty, !searchClip.isEmpty, maxEvaluations != nil]
      if (constraints + others + [candidates != nil, state != nil]).contains(true) {
        throw ValidationError(
          "--max-size, --min-iou, --max-latency, --profile, --search-clip, --max-evaluations, "
            + "--candidates and --state go with --precision mixed only")
      }
      return
    }
    guard constraints.contains(true) else {
      throw ValidationError(
        "--precision mixed: expected --max-size, --min-iou or --max-latency, found none")
    }
    if searchClip.isEmpty && !isGivenClips {
      throw ValidationError(
        "--precision mixed: expected at least one --search-clip or --calibrate CLIP, found none")
    }
  }
}

/// A size in bytes, or as a share of the source's.
struct SizeLimit: ExpressibleByArgument {
  /// As it was written.
  let text: String

  private enum Amount {
    case bytes(Int)
    case share(Double)
  }

  private let amount: Amount

  /// Parses `4459438`, `12MiB`, `12MB` or `0.45x`.
  init?(argument: String) {
    text = argument
    let units = [
      "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1000, "MB": 1_000_000,
      "GB": 1_000_000_000,
    ]
    if argument.hasSuffix("x"), let share = Double(argument.dropLast()), share > 0,
      share.isFinite
    {
      amount = .share(share)
    } else if let bytes = Int(argument), bytes > 0 {
      amount = .bytes(bytes)
    } else if let unit = units.first(where: { argument.hasSuffix($0.key) }),
      let count = Double(argument.dropLast(unit.key.count)), count > 0, count < 1e6
    {
      amount = .bytes(max(Int(count * Double(unit.value)), 1))
    } else {
      return nil
    }
  }

  /// The bytes, rounded down, where the source has `source`.
  func bytes(of source: Int) -> Int {
    switch amount {
    case .bytes(let bytes): bytes
    case .share(let share): Int(min(share * Double(source), 1e15))
    }
  }
}

/// How long a frame takes.
struct Latency: ExpressibleByArgument {
  /// The time in milliseconds; positive.
  let milliseconds: Double

  /// Parses `12ms`, `0.5s` or, as milliseconds, `12`.
  init?(argument: String) {
    let (digits, unit): (Substring, Double) =
      argument.hasSuffix("ms")
      ? (argument.dropLast(2), 1)
      : argument.hasSuffix("s") ? (argument.dropLast(), 1000) : (argument[...], 1)
    guard let number = Double(digits), number > 0, number.isFinite else { return nil }
    milliseconds = number * unit
  }
}

/// Precisions that layers may be in.
struct Candidates: ExpressibleByArgument {
  /// Each once, in the order given.
  let precisions: [Precision]

  /// The standard ones as a person writes them.
  static let standard = ModelSearch.Request.standardCandidates.map(\.rawValue)
    .joined(separator: ",")

  /// Parses `int8,fp16`.
  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    precisions = names.compactMap(Precision.init)
    guard precisions.count == names.count, Set(names).count == names.count else { return nil }
  }
}
