public import Networks
public import Quantization
public import Tensors

/// A program with everything that decides its results: parameters and storage types.
public struct BoundProgram: Sendable {
  /// What a step computes with.
  public enum Parameters: Sendable {
    /// Binary32 arithmetic.
    case float(StepParameters)
    /// Integer arithmetic.
    case integer(IntegerConvolution)
  }

  /// The steps.
  public let program: Program
  /// The precision that the storage types follow from.
  public let precision: Precision
  /// How each value is held, by name; inputs included.
  public let storage: [String: Storage]

  private let parameters: [String: Parameters]

  /// Binds `program` to the tensors of `weights`, which are canonical names of a model in
  /// `precision`.
  ///
  /// Throws `ParameterError`, `QuantizationError` or what reading a tensor throws.
  public init(_ program: Program, precision: Precision, weights: TensorArchive) throws {
    self.program = program
    self.precision = precision
    let storage = try Self.storage(of: program, precision: precision, weights: weights)
    self.storage = storage
    let reader = QuantizationReader(weights)
    let bound = try program.steps.map { step -> (String, Parameters) in
      guard precision == .int8, let geometry = step.convolution else {
        return (step.name, .float(try StepParameters(of: step, in: weights)))
      }
      func quantization(_ value: String) -> AffineQuantization? {
        if case .quantized(let quantization)? = storage[value] { quantization } else { nil }
      }
      guard let input = quantization(step.inputs[0]) else {
        preconditionFailure("'\(step.name)' reads a value that is not held as integers")
      }
      return (
        step.name,
        .integer(
          try reader.convolution(
            step, geometry: geometry, input: input,
            residual: step.addsResidual ? quantization(step.inputs[1]) : nil,
            output: quantization(step.name)))
      )
    }
    parameters = Dictionary(uniqueKeysWithValues: bound)
  }

  /// What `step` computes with.
  public func parameters(of step: Step) -> Parameters {
    guard let parameters = parameters[step.name] else {
      preconditionFailure("step '\(step.name)' is not of this program")
    }
    return parameters
  }

  /// The precision that `step` runs in: int8 where it computes on integers or makes integers from
  /// integers, binary16 where its result is rounded to binary16, else binary32.
  public func arithmetic(of step: Step) -> Precision {
    if case .integer = parameters(of: step) { return .int8 }
    switch storage(of: step.name) {
    case .float32: return .float32
    case .float16: return .float16
    case .quantized: return .int8
    }
  }

  /// How the value `name` is held.
  public func storage(of name: String) -> Storage { storage[name] ?? .float32 }

  private static func storage(
    of program: Program, precision: Precision, weights: TensorArchive
  ) throws -> [String: Storage] {
    let values = program.inputs + program.steps.map(\.name)
    switch precision {
    case .float32: return [:]
    case .float16: return Dictionary(uniqueKeysWithValues: values.map { ($0, .float16) })
    case .int8:
      let integers = program.integerValues
      let reader = QuantizationReader(weights)
      return try Dictionary(
        uniqueKeysWithValues: values.filter(integers.contains).map {
          ($0, .quantized(try reader.quantization(of: $0, in: program)))
        })
    }
  }
}
