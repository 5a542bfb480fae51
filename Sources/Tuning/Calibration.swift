import Execution
import Models
import Networks
public import Quantization
import STMModel
public import Segmentation
import Tensors

/// Finds the range of every value that int8 can hold, by segmenting clips in binary32.
///
/// The loop is the real one: what is memorized are the network's own soft masks, and what is
/// segmented reads a growing memory. A memory's range is that of the keys or values that enter it.
public struct Calibration {
  /// The ranges so far.
  public private(set) var statistics = CalibrationStatistics()

  private let network: CompiledNetwork

  /// A calibration that runs `network`, which should be a binary32 model's.
  public init(_ network: CompiledNetwork) { self.network = network }

  /// Segments `clip` and widens the ranges; `progress` is told how many frames are done.
  ///
  /// Throws what reading the clip and running the programs throw.
  public mutating func include(_ clip: Clip, progress: (Int) -> Void = { _ in }) throws {
    let recorder = Recorder(network)
    let taps = network.programs.map { compiled in
      let program = compiled.bound.program
      return recorder.taps(
        program, Set(program.integerValues.map(program.quantizationOwner)))
    }
    var frame = try clip.frame(0)
    var probabilities = clip.firstMask.probabilities(objectCount: clip.objectCount)
    var segmentation = VideoSegmentation(network, height: clip.height, width: clip.width)
    for index in 1..<clip.frameCount {
      try segmentation.memorize(frame: frame, probabilities: probabilities, taps: taps[0])
      frame = try clip.frame(index)
      probabilities = try segmentation.segment(frame: frame, taps: (taps[1], taps[2]))
        .probabilities
      progress(index)
    }
    for (program, ranges) in recorder.ranges {
      statistics.ranges[program, default: [:]].merge(ranges) { $0.union($1) }
    }
  }
}

/// Collects the ranges of tapped values by program.
private final class Recorder {
  private(set) var ranges: [String: [String: ValueRange]] = [:]

  private let (memorize, decode): (String, String)
  /// The memories by the values of `memorize` that enter them.
  private let memories: [String: String]

  init(_ network: CompiledNetwork) {
    let program = network.memorize.bound.program
    (memorize, decode) = (program.name, network.decode.bound.program.name)
    memories = Dictionary(
      uniqueKeysWithValues: program.outputs.compactMap { output in
        STMNetwork.memories[output.name].map { (output.value, $0) }
      })
  }

  func taps(_ program: Program, _ names: Set<String>) -> Taps {
    let memories = program.name == memorize ? memories : [:]
    return Taps(names.union(memories.keys)) { name, value in
      if names.contains(name) {
        self.ranges[program.name, default: [:]][name, default: ValueRange()].include(value.values)
      }
      if let memory = memories[name] {
        self.ranges[self.decode, default: [:]][memory, default: ValueRange()].include(value.values)
      }
    }
  }
}
