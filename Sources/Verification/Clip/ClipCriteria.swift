import Execution
import Networks
public import Quantization

/// What a candidate must reach over a clip: how much error each layer may add, and what must come of
/// it.
public struct ClipCriteria: Sendable {
  /// Tolerances of layers in dB that differ from those of their precision; the last whose pattern
  /// selects a layer holds.
  public let tolerances: [Tolerances.Exception]
  /// The gates.
  public let gates: [Gate]

  /// Criteria.
  public init(tolerances: [Tolerances.Exception] = [], gates: [Gate]) {
    self.tolerances = tolerances
    self.gates = gates
  }

  /// How many dB a channel whose error stands out may keep less than a tolerance says of the whole
  /// layer (``ClipVerification/Layer/outlyingChannel``).
  ///
  /// A channel that is lost keeps nothing; it may be a thousandth of a layer and not show in its
  /// SQNR.
  public static let channelMargin = 15.0

  /// How many dB what a layer contributes must lie above the error that it adds itself
  /// (``ClipVerification/Layer/contributionSQNR``), with the rounding of what it reads and of what
  /// it makes.
  public static func tolerance(of precision: Precision) -> Double {
    switch precision {
    case .float32: 90
    case .float16: 45
    case .bfloat16: 28
    case .w8: 28
    case .int8: 19
    }
  }

  /// The criteria that a candidate of `plan` has unless told otherwise.
  ///
  /// Gates hold the accumulated SQNR of every layer and the mean IoU to the lowest of what the
  /// precisions of the plan promise; `gates` come behind them, and take the place of those that
  /// measure the same thing. `minimumIoU` is another gate for the mean IoU.
  public static func standard(
    for plan: PrecisionPlan, minimumIoU: Double? = nil, tolerances: [Tolerances.Exception] = [],
    gates: [Gate] = []
  ) -> ClipCriteria {
    let promises = ([plan.standard] + plan.exceptions.values + plan.memories.values).map(promise)
    let every = Gate.Subject.layers(.sqnr, .accumulated, .all)
    let standard = [
      Gate(.masks(.iou, nil, .mean), .atLeast, minimumIoU ?? promises.map(\.iou).min() ?? 1),
      Gate(every, .atLeast, promises.map(\.sqnr).min() ?? 0),
    ]
    let asked = Set(gates.map(\.subject))
    return ClipCriteria(
      tolerances: tolerances, gates: standard.filter { !asked.contains($0.subject) } + gates)
  }

  private static func promise(of precision: Precision) -> (iou: Double, sqnr: Double) {
    switch precision {
    case .float32: (0.999, 90)
    case .float16: (0.995, 50)
    case .bfloat16: (0.99, 30)
    case .w8: (0.99, 25)
    case .int8: (0.98, 15)
    }
  }

  /// The tolerance of `step` of `bound`: that of the coarsest precision that the step computes in,
  /// reads or makes, or an exception's.
  func tolerance(of step: Step, in bound: BoundProgram) -> Double {
    if let exception = tolerances.last(where: { $0.pattern.matches(step.name) }) {
      return exception.value
    }
    let held = step.inputs.map(bound.storage(of:)) + [bound.storage(of: step.name)]
    let read = step.inputs.indices.map { bound.operandStorage(of: step, $0) }
    // What another program hands over may have been rounded there, as any precision of the plan does.
    let isHandedOver =
      !step.readsImages && step.inputs.contains(where: bound.program.inputs.contains)
    let given = isHandedOver ? bound.plan.exceptions.values.filter { $0 != .w8 } : []
    let precisions = [bound.arithmetic(of: step)] + (held + read).map(\.precision) + given
    return precisions.map(Self.tolerance).min() ?? 0
  }
}

extension Storage {
  /// The precision that holds values so.
  fileprivate var precision: Precision {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .quantized: .int8
    }
  }
}
