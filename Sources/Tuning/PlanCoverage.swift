public import Quantization
public import STMModel
import Tensors

/// What a precision plan makes of every layer of a network: its precision, its bytes, its share of
/// the work, and why.
public struct PlanCoverage: Sendable {
  /// A layer of the deployed programs, with what is folded and fused into it.
  public struct Layer: Sendable {
    /// The layer whose parameters it uses; what `--keep` selects it by.
    public let name: String
    /// The program that it belongs to.
    public let program: String
    /// The layers that it covers.
    public let covers: [String]
    /// Whether it is a convolution.
    public let isConvolution: Bool
    /// What it computes in.
    public let precision: Precision
    /// What its result is held in.
    public let result: Precision
    /// The bytes of its parameters in binary32, batch norms folded.
    public let float32Bytes: Int
    /// The bytes of its parameters in a model file of the plan.
    public let bytes: Int
    /// Its multiply-accumulates for one frame and one object, with one frame in memory.
    public let multiplications: Int
    /// Its share of the multiply-accumulates of all convolutions; nil where it is none.
    public let share: Double?
    /// Whether it is a convolution that accumulates products of 8-bit integers in 32 bits.
    public let isInteger: Bool
    /// Whether it computes on wider numbers, or its result is held in them, though int8 is what the
    /// plan says of it.
    public let staysWide: Bool
    /// Why it is what it is.
    public let reason: String
  }

  /// The keys or values that are remembered.
  public struct Memory: Sendable {
    /// The input of the program that reads it.
    public let name: String
    /// What its numbers are held in.
    public let precision: Precision
    /// The bytes that one object of one frame takes in binary32.
    public let float32Bytes: Int
    /// The bytes that one object of one frame takes.
    public let bytes: Int
    /// Why it is held so.
    public let reason: String
  }

  /// The plan.
  public let plan: PrecisionPlan
  /// The height and width of the frame that work is counted for.
  public let height: Int, width: Int
  /// The layers in the order in which they run.
  public let layers: [Layer]
  /// The memories.
  public let memories: [Memory]
  /// The bytes of all parameters in binary32, batch norms folded.
  public let float32Bytes: Int
  /// The bytes of all tensors of a model file of the plan.
  public let bytes: Int

  /// The multiply-accumulates of the convolutions.
  public var multiplications: Int {
    layers.filter(\.isConvolution).map(\.multiplications).reduce(0, +)
  }

  /// The share of the convolutions' multiply-accumulates that accumulate in 32 bits from 8-bit
  /// operands.
  public var integerShare: Double {
    layers.filter(\.isInteger).compactMap(\.share).reduce(0, +)
  }

  /// What `plan`, one of `network`'s, makes of frames of `height` x `width` pixels, multiples of
  /// `STMConfiguration.alignment`; `origin` says where the plan's exceptions come from.
  public init(
    of network: STMNetwork, in plan: PrecisionPlan, height: Int, width: Int,
    origin: PlanOrigin = PlanOrigin()
  ) {
    precondition(plan.problems(in: network.deployedPrograms).isEmpty, "a plan of another network")
    self.plan = plan
    (self.height, self.width) = (height, width)
    let programs = network.deployedPrograms.map { program in
      PlannedProgram(
        program, in: plan, origin: origin,
        shapes: network.configuration.inputShapes(height: height, width: width))
    }
    let total = programs.flatMap(\.convolutionWork).reduce(0, +)
    layers = programs.flatMap { $0.layers(sharing: total) }
    memories = programs.flatMap(\.memories)
    float32Bytes = programs.map(\.float32Bytes).reduce(0, +)
    bytes = programs.map(\.bytes).reduce(0, +)
  }
}

/// Where a plan's exceptions come from, for reasons.
public struct PlanOrigin: Sendable {
  /// What was asked to be kept; the last that selects a layer holds.
  public let kept: [KeptLayers]
  /// What makes the other exceptions of layers.
  public let exceptions: String
  /// What makes those of memories.
  public let memories: String

  /// An origin.
  public init(
    kept: [KeptLayers] = [], exceptions: String = "exception of the plan",
    memories: String = "exception of the plan"
  ) {
    self.kept = kept
    self.exceptions = exceptions
    self.memories = memories
  }
}

extension STMConfiguration {
  /// The shapes of what the programs are given for `objects`, with so many frames in memory.
  func inputShapes(
    height: Int, width: Int, memory: Int = 1, objects: Int = 1
  ) -> [String: Shape] {
    let (h, w) = (height / Self.alignment, width / Self.alignment)
    return [
      "frame": [1, 3, height, width], "mask": [objects, 1, height, width],
      "others": [objects, 1, height, width], "key": [1, keyChannels, h, w],
      "value": [1, valueChannels, h, w], "memory_keys": [objects, keyChannels, memory, h, w],
      "memory_values": [objects, valueChannels, memory, h, w],
      "r3": [1, 8 * trunkWidth, 2 * h, 2 * w], "r2": [1, 4 * trunkWidth, 4 * h, 4 * w],
    ]
  }
}
