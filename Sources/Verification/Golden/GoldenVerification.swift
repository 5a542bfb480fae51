public import Execution
public import Models
import Quantization
public import Tensors

/// Compares every layer of the `layers` program with what the training framework computed.
///
/// A golden file holds `input/frames` `[2, 3, H, W]`, `input/masks` and `input/others`
/// `[N, 1, H, W]`, and by the names of the framework's modules what each gave:
/// `memorize/Encoder_M.res2.0.conv1` when the first frame was memorized, `segment/Decoder.pred2`
/// when the second was segmented. `H` and `W` are multiples of 16.
public struct GoldenVerification: Sendable {
  /// One golden tensor and its counterpart.
  public struct Comparison: Sendable {
    /// The name in the golden file.
    public let name: String
    /// How far the counterpart is off.
    public let metrics: ErrorMetrics
    /// The largest error allowed, relative to the tensor's largest magnitude.
    public let tolerance: Double

    /// Whether the error is within the tolerance.
    public var passes: Bool { metrics.relativeMaximumError <= tolerance }
  }

  /// A golden tensor without a counterpart.
  public struct Unmatched: Sendable, Hashable {
    /// The name in the golden file.
    public let name: String
    /// The shape of what the network computes under that name; nil: no layer has that name.
    public let expected: Shape?
    /// The shape in the golden file.
    public let found: Shape
  }

  /// The tensors that were compared, in the network's order.
  public let comparisons: [Comparison]
  /// Golden tensors whose layer the import folded into another: nothing to compare.
  public let insideFolds: [String]
  /// Golden tensors that no layer corresponds to, or whose shape is another, by name.
  public let unmatched: [Unmatched]

  /// Whether there are golden tensors and each has a counterpart within its tolerance.
  public var passes: Bool {
    unmatched.isEmpty && !comparisons.isEmpty && comparisons.allSatisfy(\.passes)
  }

  /// The tolerance that golden comparisons have unless told otherwise.
  public static let standardTolerance = 1e-4

  /// Runs `model` in binary32 on the inputs of `golden` and compares.
  ///
  /// `path` is the golden file's, for messages. Throws ``VerificationError`` or what binding and
  /// running throw.
  public init(
    of model: Model, against golden: TensorArchive, path: String, tolerances: Tolerances,
    backend: any Backend
  ) throws {
    guard !model.plan.hasIntegerLayers else {
      throw VerificationError.precision(
        path: model.path, expected: "fp32, fp16, bf16 or w8 layers", found: model.plan.name)
    }
    let run = try LayersRun(of: model, on: GoldenInputs(golden, path: path), backend: backend)
    var comparisons: [(order: Int, Comparison)] = []
    var insideFolds: [String] = []
    var unmatched: [Unmatched] = []
    for entry in golden.entries where !entry.name.hasPrefix("input/") {
      if run.insideFolds.contains(entry.name) {
        insideFolds.append(entry.name)
        continue
      }
      let reference = try entry.floats()
      guard let (order, value) = run.values[entry.name], value.fits(reference) else {
        unmatched.append(
          Unmatched(
            name: entry.name, expected: run.values[entry.name]?.1.shape, found: entry.shape))
        continue
      }
      var metrics = ErrorMetrics()
      metrics.include(reference: reference, candidate: value)
      let comparison = Comparison(
        name: entry.name, metrics: metrics, tolerance: tolerances.tolerance(of: entry.name))
      comparisons.append((order, comparison))
    }
    self.comparisons = comparisons.sorted { ($0.order, $0.1.name) < ($1.order, $1.1.name) }
      .map(\.1)
    self.insideFolds = insideFolds.sorted()
    self.unmatched = unmatched.sorted { $0.name < $1.name }
  }
}

extension FloatTensor {
  /// Whether the elements correspond one to one, or one side's `N` is 1 and broadcasts.
  fileprivate func fits(_ other: FloatTensor) -> Bool {
    func trimmed(_ shape: Shape) -> ArraySlice<Int> { shape.dimensions.dropFirst() }
    if values.count == other.values.count {
      return shape.dimensions.filter { $0 != 1 } == other.shape.dimensions.filter { $0 != 1 }
    }
    return trimmed(shape) == trimmed(other.shape) && shape.elementCount > 0
      && other.shape.elementCount > 0 && (shape[0] == 1 || other.shape[0] == 1)
  }
}
