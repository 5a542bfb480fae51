public import Execution
public import Models
import Networks
public import Quantization
import STMModel
public import Segmentation
import Tensors

/// Where numbers go bad first in a model that segments a clip, and why.
///
/// Weights are looked at first. Where all are finite, the model runs on its own masks, and every
/// value of every frame is looked at in the order in which it is made, until the end of the first
/// frame that holds a fault. Beside a reference, which runs on its own masks, the model memorizes the
/// reference's, and numbers are held against the reference's.
public struct Location: Sendable {
  /// What is looked for.
  public enum Search: Sendable, Hashable {
    /// Infinities, and what is not a number.
    case nonFinite
    /// Numbers beyond what a value is held in, which is what the model says, or the 16 bits of
    /// `precision`; of those that saturate or become 0 only values in which their share exceeds
    /// `share`.
    case overflow(precision: Precision?, share: Double)
  }

  /// What is wrong with a number.
  public enum Fault: String, Sendable, CaseIterable {
    /// It is not a number.
    case notANumber = "nan"
    /// It is infinite.
    case infinity
    /// It is, or becomes, infinite in the precision that holds it.
    case overflow
    /// It lies at an end of the 8-bit integers that hold it, and not where it should.
    case saturation
    /// It becomes 0 in the precision that holds it, and is not.
    case underflow

    /// Whether it makes a search fail: underflow alone is worth a note.
    public var isFailure: Bool { self != .underflow }
  }

  /// A place in a value `[N, C, H, W]`.
  public struct Position: Sendable, Hashable {
    /// The place along `N`.
    public let object: Int
    /// The channel.
    public let channel: Int
    /// The row.
    public let row: Int
    /// The column.
    public let column: Int

    /// The place of the element number `index`, row-major, of a value of `shape`.
    init(_ index: Int, in shape: Shape) {
      column = index % shape[3]
      row = index / shape[3] % shape[2]
      channel = index / (shape[2] * shape[3]) % shape[1]
      object = index / (shape[1] * shape[2] * shape[3])
    }
  }

  /// Which numbers a tensor holds.
  public struct Range: Sendable, Hashable {
    /// The tensor's or the value's name.
    public let name: String
    /// How it is held: `F32`, `fp16`, `int8, U8, scale 0.5, zero point 3`.
    public let type: String
    /// The smallest finite number; nil where there is none.
    public let minimum: Double?
    /// The largest finite number; nil where there is none.
    public let maximum: Double?
    /// How many are not finite.
    public let nonFiniteCount: Int
    /// The first that is not finite, row-major; nil where all are.
    public let firstNonFinite: Int?
    /// How many more are not once they are rounded to what the step reads.
    public let overflowCount: Int
  }

  /// The first value with a fault.
  public struct Finding: Sendable {
    /// What is wrong.
    public let fault: Fault
    /// The step's name, and so the value's.
    public let name: String
    /// The program that it belongs to.
    public let program: String
    /// The layers that it covers.
    public let covers: [String]
    /// How the step computes.
    public let precision: Precision
    /// How the value is held.
    public let storage: Storage
    /// The frame's number in the clip.
    public let frame: Int
    /// Where the first such number is.
    public let position: Position
    /// That number.
    public let value: Float
    /// The reference's number there; nil without a reference.
    public let reference: Float?
    /// How many numbers of the value have the fault.
    public let count: Int
    /// How many numbers it has.
    public let elements: Int
    /// How many of its channels hold such numbers.
    public let channels: Int
    /// What the step read.
    public let inputs: [Range]
    /// The tensors that it is configured with.
    public let weights: [Range]
    /// The sum that the number is, in binary64; nil where the step is no convolution.
    public let sum: ExactSum?
    /// Where the fault comes from.
    public let origin: Origin
    /// How many steps of the network had the fault by the end of the frame, this one included.
    public internal(set) var affected: Int
  }

  /// The weights that are not finite, in the order of the file.
  public let weights: [Range]
  /// The first value with each fault, in the order in which they were found.
  public let findings: [Finding]
  /// How many frames were segmented; 0 where weights are not finite, with which nothing is run.
  public let frames: Int
  /// How many steps the network has.
  public let steps: Int

  /// Whether nothing was found that makes a search fail.
  public var passes: Bool { weights.isEmpty && findings.allSatisfy { !$0.fault.isFailure } }

  /// Looks for `search` in `model` over `clip`, beside `reference` if there is one; each runs on its
  /// own of `backends`. `progress` is told how many frames are done.
  ///
  /// Throws ``FindingError``, or what reading the clip, binding and running throw.
  public init(
    of search: Search, in model: Model, beside reference: Model? = nil, clip: Clip,
    backends: (reference: any Backend, model: any Backend), progress: (Int) -> Void = { _ in }
  ) throws {
    let programs = model.network.deployedPrograms
    steps = programs.reduce(0) { $0 + $1.steps.count }
    if let reference { try ProgramLayout.check(model, against: reference) }
    weights = try model.weights.entries.map { try Range($0) }.filter { $0.nonFiniteCount > 0 }
    let known = try reference?.weights.entries.map { try Range($0) } ?? []
    guard weights.isEmpty, known.allSatisfy({ $0.nonFiniteCount == 0 }) else {
      (findings, frames) = ([], 0)
      return
    }
    var run = try LocationRun(
      search, CompiledNetwork(model, backend: backends.model), weights: model.weights,
      beside: reference.map { try CompiledNetwork($0, backend: backends.reference) }, clip)
    while try run.advance() { progress(run.frames) }
    (findings, frames) = (run.findings, run.frames)
  }
}

extension Location.Range {
  /// What a model file's `entry` holds. Throws what reading it throws.
  init(_ entry: TensorArchive.Entry) throws {
    self.init(
      TensorStatistics(of: try entry.tensor()), name: entry.name, type: entry.elementType.rawValue)
  }

  /// What `value`, held as `storage`, holds; a step reads it as `operand`.
  init(_ value: FloatTensor, name: String, in storage: Storage, readAs operand: Storage) {
    let overflows =
      operand == storage || operand == .float32
      ? 0 : value.values.count { $0.isFinite && !operand.rounded($0).isFinite }
    self.init(
      TensorStatistics(of: Tensor(value)), name: name, type: storage.title,
      overflowCount: overflows)
  }

  private init(
    _ statistics: TensorStatistics, name: String, type: String, overflowCount: Int = 0
  ) {
    self.name = name
    self.type = type
    minimum = statistics.finiteCount > 0 ? statistics.minimum : nil
    maximum = statistics.finiteCount > 0 ? statistics.maximum : nil
    nonFiniteCount = statistics.nonFinite?.count ?? 0
    firstNonFinite = statistics.nonFinite?.firstIndex
    self.overflowCount = overflowCount
  }
}

extension Storage {
  /// What reports call it.
  public var title: String {
    switch self {
    case .float32: "fp32"
    case .float16: "fp16"
    case .bfloat16: "bf16"
    case .quantized(let quantization): "int8, \(quantization)"
    }
  }

  /// The largest magnitude of either sign that it holds, in order.
  public var limits: ClosedRange<Double> {
    switch self {
    case .float32: -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude)
    case .float16: -65504...65504
    case .bfloat16: -0x1.FEp127...0x1.FEp127
    case .quantized(let quantization):
      Double(
        quantization.dequantize(quantization.range.lowerBound))...Double(
          quantization.dequantize(quantization.range.upperBound))
    }
  }
}
