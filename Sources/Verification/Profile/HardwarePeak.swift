public import Execution
import Networks
public import Quantization
import Tensors

/// The best rate at which a backend runs one large convolution on this machine.
///
/// What a step's rate is held against: 3x3, 256 channels to 256, on 64x64 pixels, between two of
/// its kind, so that no other layout or precision comes in between. A backend for which that takes
/// long gets a smaller one. Where the backend runs convolutions in fewer multiplications than the
/// definition has, the rate is above what the processor's units can do.
public struct HardwarePeak: Sendable, Hashable {
  /// The precision of operands and result.
  public let precision: Precision
  /// Channels of the convolution that was quickest.
  public let channels: Int
  /// The height and width of its image.
  public let side: Int
  /// Operations a second.
  public let operationsPerSecond: Double

  /// Channels, and height and width of the image, from the smallest convolution to the one meant.
  private static let sizes = [(16, 16), (64, 32), (256, 64)]
  /// The seconds of one run beyond which no larger convolution is tried.
  private static let patience = 0.05
  /// The layer that is timed, in the middle of three.
  private static let layer = "1"

  /// Measures `precision` on `backend`, `rounds` times; nil where the backend does not tell when
  /// the step ended. Throws what compiling and running throw.
  public init?(_ precision: Precision, on backend: any Backend, rounds: Int) throws {
    var best: HardwarePeak?
    for (channels, side) in Self.sizes {
      let program = Self.program(channels: channels)
      let compiled = try backend.compile(
        BoundProgram(
          program, precision: precision, weights: try Self.weights(of: program, precision)))
      var noise = Noise(seed: 2)
      let image = noise.tensor([1, channels, side, side])
      let operations = try program.operations(for: ["x": image.shape])[Self.layer] ?? 0
      _ = try compiled.run(held: ["x": image], taps: .none)
      let (seconds, times) = try timed { try compiled.stepTimes(["x": image], rounds: rounds) }
      if let quickest = times[Self.layer]?.minimum {
        let rate = Double(operations) / max(quickest, 1e-9)
        if rate > best?.operationsPerSecond ?? 0 {
          best = HardwarePeak(precision, channels: channels, side: side, rate: rate)
        }
      }
      if seconds / Double(rounds) > Self.patience { break }
    }
    guard let best else { return nil }
    self = best
  }

  private init(_ precision: Precision, channels: Int, side: Int, rate: Double) {
    self.precision = precision
    self.channels = channels
    self.side = side
    operationsPerSecond = rate
  }

  /// Three equal convolutions behind one another.
  private static func program(channels: Int) -> Program {
    var b = GraphBuilder("peak", inputs: ["x"])
    let convolution = Convolution(channels, channels, kernel: 3, hasBias: false)
    let y = (0..<3).reduce("x") { b.layer("\($1)", .convolution(convolution), $0) }
    return Program(deploying: b.finish(["y": y]))
  }

  /// Weights of noise whose convolutions keep their inputs' range, as a model in `precision` holds
  /// them.
  private static func weights(of program: Program, _ precision: Precision) throws -> TensorArchive {
    var noise = Noise(seed: 3)
    let wide = try TensorArchive(
      program.parameters(folded: []).map { parameter in
        let spread = 2 / Float(parameter.shape.elementCount / parameter.shape[0]).squareRoot()
        var values = noise.tensor(parameter.shape)
        for index in values.values.indices {
          values.values[index] = (values.values[index] - 0.5) * spread
        }
        return .init(name: parameter.name, tensor: Tensor(values))
      })
    let seen = ValueStatistics(of: [-1, 1])
    var statistics = CalibrationStatistics()
    statistics.values[program.name] = Dictionary(
      uniqueKeysWithValues: (program.inputs + program.steps.map(\.name)).map { ($0, seen) })
    return try TensorArchive(
      try program.tensors(of: wide, in: PrecisionPlan(precision), statistics: statistics))
  }
}
