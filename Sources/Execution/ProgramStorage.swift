public import Networks
public import Quantization

/// How the values of a program are held between its steps by a plan, and how each step reads them:
/// what decides every rounding but those of kernels.
public struct ProgramStorage: Sendable {
  /// How each value that is not binary32 is held, by name; inputs included.
  public let held: [String: Storage]

  private let plan: PrecisionPlan
  private let quantizations: [String: AffineQuantization]

  /// The storage of the values of `program` by `plan`; `quantizations` says how each of those that
  /// the plan must know it of (`Program.quantizedValues(in:)`) becomes integers. Where
  /// `touched` is given, nothing is said of other values.
  public init(
    _ program: Program, _ plan: PrecisionPlan, quantizations: [String: AffineQuantization],
    touching touched: Set<String>? = nil
  ) {
    self.plan = plan
    self.quantizations = quantizations
    held = Dictionary(
      uniqueKeysWithValues: program.heldPrecisions(in: plan).filter {
        touched?.contains($0.key) ?? true
      }.map { value, precision in
        switch precision {
        case .float32, .w8: return (value, .float32)
        case .float16: return (value, .float16)
        case .bfloat16: return (value, .bfloat16)
        case .int8:
          guard let quantization = quantizations[value] else {
            preconditionFailure("'\(value)' has no quantization")
          }
          return (value, .quantized(quantization))
        }
      })
  }

  /// How the value `name` is held.
  public func storage(of name: String) -> Storage { held[name] ?? .float32 }

  /// How `step` reads its input `index`. Where this is not how the value is held, the value is
  /// converted for this step: a seam between precisions.
  public func operandStorage(of step: Step, _ index: Int) -> Storage {
    let value = step.inputs[index]
    let held = storage(of: value)
    switch (step.operation, plan[step]) {
    case (.convolution, .int8):
      guard index == 0 || storage(of: step.name).isQuantized else { return .float32 }
      return quantizations[value].map(Storage.quantized) ?? held
    case (.convolution, _) where index == 0 && step.readsImages: return .float32
    case (.convolution, .bfloat16), (.memoryRead, .bfloat16), (.memoryRead, .int8):
      return .bfloat16
    case (.convolution, .float16), (.memoryRead, .float16): return .float16
    case (.convolution, .float32), (.memoryRead, .float32), (.convolution, .w8),
      (.memoryRead, .w8):
      return .float32
    default: return held
    }
  }

  /// What `step`, which reads images and computes on real numbers, rounds them to once they are
  /// normalized.
  public func normalizedStorage(of step: Step) -> Storage {
    switch plan[step] {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32, .w8, .int8: .float32
    }
  }
}
