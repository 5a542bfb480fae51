import Execution
import Models
import Networks
public import Quantization
public import Segmentation
public import Tensors

/// Finds the range of every value that int8 holds, by segmenting clips in binary32.
///
/// The loop is the real one: what is memorized are the network's own soft masks, and what is
/// segmented reads a growing memory.
public struct Calibration {
  /// The ranges so far.
  public private(set) var statistics = CalibrationStatistics()

  private let network: CompiledNetwork

  /// A calibration that runs `network`, which should be a binary32 model's.
  public init(_ network: CompiledNetwork) { self.network = network }

  /// Segments frames `[1, 3, H, W]`, of which the first has the masks `probabilities`
  /// `[N + 1, 1, H, W]`, and widens the ranges. `frame` delivers frame number 0 and on.
  ///
  /// Throws what `frame` and the programs throw.
  public mutating func include(
    frameCount: Int, first probabilities: FloatTensor, frame: (Int) throws -> FloatTensor,
    progress: (Int) -> Void = { _ in }
  ) throws {
    let owners = network.programs.map { compiled in
      let program = compiled.bound.program
      return (program.name, Set(program.integerValues.map(program.quantizationOwner)))
    }
    let recorder = Recorder()
    var previous = try frame(0)
    var probabilities = probabilities
    var segmentation = VideoSegmentation(
      network, height: previous.shape[2], width: previous.shape[3])
    for index in 1..<frameCount {
      try segmentation.memorize(
        frame: previous, probabilities: probabilities, taps: recorder.taps(owners[0]))
      previous = try frame(index)
      probabilities = try segmentation.segment(
        frame: previous,
        taps: (query: recorder.taps(owners[1]), decode: recorder.taps(owners[2]))
      ).probabilities
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

  func taps(_ values: (program: String, names: Set<String>)) -> Taps {
    Taps(values.names) { name, value in
      self.ranges[values.program, default: [:]][name, default: ValueRange()].include(value.values)
    }
  }
}
