public import Execution
import Files
public import Models
import Networks
public import Segmentation
import Tensors

/// Whether a model makes the same bytes every time, whatever the number of threads.
///
/// Each run segments a clip on its own masks. The bits of every value and of every mask are hashed
/// (SHA-256, FIPS 180-4) and held against the first run's.
public struct Repetition: Sendable {
  /// What was hashed.
  public enum Place: Sendable, Hashable {
    /// A step's value, binary32 numbers as read back from what holds them.
    case layer(program: String, name: String)
    /// The objects' probabilities, which are memorized next.
    case probabilities
    /// The mask.
    case mask
  }

  /// The first bytes of a run that are not the first run's.
  public struct Difference: Sendable, Hashable {
    /// What they are of.
    public let place: Place
    /// The frame's number in the clip.
    public let frame: Int
  }

  /// One run.
  public struct Run: Sendable {
    /// The number of threads asked for.
    public let threads: Int
    /// The number of the run among those with as many threads, from 1.
    public let number: Int
    /// The hash of all of its bytes, in hexadecimal.
    public let digest: String
    /// The first difference from the first run, in the order in which values are made.
    public let difference: Difference?
    /// How many steps' values differ from the first run's in some frame.
    public let differingLayers: Int
  }

  /// What one step, or the masks, made in the first run.
  public struct Part: Sendable {
    /// What it is.
    public let place: Place
    /// The hash over all frames, in hexadecimal.
    public let digest: String
  }

  /// The runs, in order; the first is what the others are held against.
  public let runs: [Run]
  /// What the first run made, in the order of the programs, then probabilities and masks.
  public let parts: [Part]
  /// How many frames were segmented.
  public let frames: Int

  /// Whether all runs made the same bytes.
  public var passes: Bool { runs.allSatisfy { $0.difference == nil } }

  /// Runs `model` over `clip` `times` times on each of `backends`, with memory reads limited to the
  /// `topK` best entries; `progress` is told how many frames of all runs are done.
  ///
  /// There must be a backend, and `times` must be at least 1. Throws what reading the clip, binding
  /// and running throw.
  public init(
    of model: Model, over clip: Clip, on backends: [(threads: Int, backend: any Backend)],
    times: Int, topK: Int? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    precondition(!backends.isEmpty && times >= 1, "\(backends.count) backends, \(times) times")
    let perRun = clip.frameCount - 1
    var first: Hashes?
    var runs: [Run] = []
    for (threads, backend) in backends {
      for number in 1...times {
        let network = try CompiledNetwork(model, backend: backend, topK: topK)
        let done = runs.count * perRun
        let hashes = try Hashes(of: network, over: clip) { progress(done + $0) }
        let differing = first.map { hashes.differing(from: $0) } ?? []
        let layers = differing.filter { if case .layer = $0.place { true } else { false } }
        runs.append(
          Run(
            threads: threads, number: number, digest: hashes.whole,
            difference: differing.first, differingLayers: Set(layers.map(\.place)).count))
        first = first ?? hashes
      }
    }
    self.runs = runs
    parts = first?.parts ?? []
    frames = perRun
  }
}

/// The hashes of what one run makes, in the order in which it is made.
private final class Hashes {
  private struct Entry {
    let place: Repetition.Place
    let frame: Int
    let digest: SHA256Digest
  }

  private var entries: [Entry] = []
  private let order: [Repetition.Place]

  init(of network: CompiledNetwork, over clip: Clip, progress: (Int) -> Void) throws {
    let programs = network.programs.map(\.bound.program)
    order =
      programs.flatMap { program in
        program.steps.map { .layer(program: program.name, name: $0.name) }
      } + [.probabilities, .mask]
    var segmentation = VideoSegmentation(network, height: clip.height, width: clip.width)
    var frame = try clip.frame(0)
    var probabilities = clip.firstMask.probabilities(of: clip.objects)
    for index in 1..<clip.frameCount {
      try segmentation.memorize(
        frame: frame, probabilities: probabilities, taps: taps(programs[0], index - 1))
      frame = try clip.frame(index)
      probabilities = try segmentation.segment(
        frame: frame, taps: (taps(programs[1], index), taps(programs[2], index))
      ).probabilities
      add(.probabilities, index, probabilities.digest)
      add(
        .mask, index,
        SHA256.hash(ObjectMask(mostProbable: probabilities, of: clip.objects).ids))
      progress(index)
    }
  }

  private func taps(_ program: Program, _ frame: Int) -> Taps {
    Taps(Set(program.steps.map(\.name))) { name, value in
      self.add(.layer(program: program.name, name: name), frame, value.digest)
    }
  }

  private func add(_ place: Repetition.Place, _ frame: Int, _ digest: SHA256Digest) {
    entries.append(Entry(place: place, frame: frame, digest: digest))
  }

  /// The hash of all hashes.
  var whole: String { Self.joined(entries) }

  /// The hashes of each part over all frames.
  var parts: [Repetition.Part] {
    let byPlace = Dictionary(grouping: entries, by: \.place)
    return order.map { Repetition.Part(place: $0, digest: Self.joined(byPlace[$0] ?? [])) }
  }

  /// What differs from `other`, another run of the same model over the same clip.
  func differing(from other: Hashes) -> [Repetition.Difference] {
    zip(entries, other.entries).filter { $0.digest != $1.digest }.map { entry, _ in
      Repetition.Difference(place: entry.place, frame: entry.frame)
    }
  }

  private static func joined(_ entries: [Entry]) -> String {
    var hash = SHA256()
    for entry in entries { hash.update(entry.digest.bytes) }
    return hash.finalize().hexadecimal
  }
}

extension FloatTensor {
  /// The hash of the elements' bits.
  fileprivate var digest: SHA256Digest { unsafe SHA256.hash(values.span.bytes) }
}
