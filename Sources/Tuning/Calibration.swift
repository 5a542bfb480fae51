public import Execution
public import Models
import Networks
public import Quantization
import STMModel
public import Segmentation
import Synchronization

/// Collects statistics of a network's values by segmenting clips in binary32.
///
/// The loop is the real one: what is memorized are the network's own soft masks and those of the
/// other objects, and what is segmented reads a growing memory. Every value of the deployed programs
/// that decides about a range is counted at each place where it occurs, so that statistics serve
/// every precision plan; those of a memory count each frame once, when it enters. What convolutions
/// read is looked at by channel as well.
public struct Calibration {
  /// The statistics so far. They depend neither on the order of the clips nor on threads.
  public private(set) var statistics: CalibrationStatistics

  private let network: CompiledNetwork
  private(set) var channels: [String: [String: ChannelTotals]] = [:]

  /// A calibration of `model`, a binary32 one, on `backend`; `settings` are kept with the
  /// statistics.
  ///
  /// Throws `ModelError.alreadyQuantized(path:precision:source:)`, or what reading the weights and
  /// compiling throw.
  public init(_ model: Model, backend: any Backend, settings: [String: String] = [:]) throws {
    try model.requireFloat32()
    network = try CompiledNetwork(model, backend: backend)
    statistics = CalibrationStatistics(model: try model.fingerprint, settings: settings)
  }

  /// Segments `clip` and counts the values; `progress` is told how many frames are done.
  ///
  /// Throws what reading the clip and running the programs throw.
  public mutating func include(_ clip: Clip, progress: (Int) -> Void = { _ in }) throws {
    let recorder = Recorder()
    let taps = network.programs.map { recorder.taps($0.bound.program) }
    try network.follow(clip, frames: clip.frameCount, taps: taps, progress: progress)
    var histograms = recorder.histograms
    let (memorize, decode) = (network.memorize.bound.program, network.decode.bound.program)
    for output in memorize.outputs {
      guard let memory = STMNetwork.memories[output.name] else { continue }
      let entering = histograms[memorize.name]?[memorize.quantizationOwner(of: output.value)]
      histograms[decode.name]?[memory] = entering
    }
    include(recorder.channels)
    statistics.include(
      CalibrationStatistics.Clip(clip), histograms,
      channels: channels.mapValues { $0.mapValues(\.statistics) })
  }

  /// Adds what another calibration of the same model counted over other clips.
  ///
  /// The statistics are then the same as if one calibration had segmented all clips. Throws
  /// `QuantizationError` where `counts` were not made by ``counts``.
  public mutating func include(_ counts: CalibrationCounts) throws {
    let seen = try CalibrationStatistics(
      json: Array(counts.statistics.utf8), source: "calibration")
    include(counts.channels)
    statistics.include(seen, channels: channels.mapValues { $0.mapValues(\.statistics) })
  }

  private mutating func include(_ seen: [String: [String: ChannelTotals]]) {
    for (program, totals) in seen {
      channels[program, default: [:]].merge(totals) { known, new in
        var known = known
        known.merge(new)
        return known
      }
    }
  }
}

extension CalibrationStatistics.Clip {
  /// What is kept of `clip`.
  init(_ clip: Clip) {
    self.init(
      name: clip.name, frames: clip.frameCount, width: clip.width, height: clip.height,
      objects: clip.objects.count)
  }
}

/// Counts tapped values by program.
private final class Recorder: Sendable {
  private struct Seen {
    var histograms: [String: [String: ValueHistogram]] = [:]
    var channels: [String: [String: ChannelTotals]] = [:]
  }

  private let seen = Mutex(Seen())

  var histograms: [String: [String: ValueHistogram]] { seen.withLock { $0.histograms } }
  var channels: [String: [String: ChannelTotals]] { seen.withLock { $0.channels } }

  func taps(_ program: Program) -> Taps {
    let values = (program.inputs + program.steps.map(\.name)).filter {
      !program.memories.contains($0)
    }
    let read = program.steps.filter { $0.convolution != nil }.map { $0.inputs[0] }
    let name = program.name
    return Taps(elementsOf: Set(values.map(program.quantizationOwner) + read)) {
      value, elements, runs in
      var histogram = ValueHistogram()
      histogram.include(elements)
      var channels = ChannelTotals()
      channels.include(elements, runs)
      self.seen.withLock {
        $0.histograms[name, default: [:]][value, default: ValueHistogram()].merge(histogram)
        $0.channels[name, default: [:]][value, default: ChannelTotals()].merge(channels)
      }
    }
  }
}
