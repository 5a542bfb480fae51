public import Execution
import Files
import OnnxExecution
import OnnxFiles
import Tensors

/// What the interpreter of ONNX graphs makes of the ONNX project's own test data.
///
/// The data are those of the Python package `onnx` under `onnx/backend/test/data`:
///
///     node/test_NAME/model.onnx                           and so the other suites but light
///     node/test_NAME/test_data_set_0/input_0.pb           serialized TensorProto
///     node/test_NAME/test_data_set_0/output_0.pb
///     light/light_NAME.onnx, light_NAME_output_0.pb       the input is i / n for element i of n
///
/// A value is right where `|found - expected| <= 1e-7 + 1e-3 |expected|`, as in the package's own
/// runner. For BFLOAT16 it is one unit in the last place, 2^-7 instead of 1e-3: the expected values
/// are cut off, where the suite rounds to the nearest one.
public struct Conformance: Sendable {
  /// How a test ended.
  public enum Outcome: Sendable, Equatable {
    /// Every output is right.
    case passed
    /// An output is not right, or an operator that the suite knows refused its operands.
    case failed(reason: String)
    /// An output is not what is stored, which later versions of the package have corrected.
    case corrected(reason: String)
    /// The model needs what the suite does not have.
    case unsupported(reason: String)
  }

  /// One test.
  public struct Case: Sendable {
    /// The suite, as in `node`.
    public let suite: String
    /// The test, as in `test_relu`.
    public let name: String
    /// The operators of its graph, sorted.
    public let operators: [String]
    /// How it ended.
    public let outcome: Outcome
  }

  /// Whether no test failed.
  public var passes: Bool {
    cases.allSatisfy { test in
      if case .failed = test.outcome { false } else { true }
    }
  }

  /// The node tests of version 1.17.0 whose stored outputs contradict the operators' text.
  ///
  /// Saturated integers are stored wrapped around, and a mean counts elements beyond the padding.
  /// Version 1.23 stores what the text says, and what ONNX Runtime computes.
  public static let corrected: Set = [
    "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
    "test_qlinearmatmul_2D_int8_float16", "test_qlinearmatmul_2D_int8_float32",
    "test_qlinearmatmul_3D_int8_float16", "test_qlinearmatmul_3D_int8_float32",
  ]

  /// The suites, in the order in which they are reported.
  public static let suites = ["node", "pytorch-operator", "pytorch-converted", "simple", "light"]

  /// The tests by suite and name.
  public let cases: [Case]

  /// Runs every test under `folder` whose name contains `filter`.
  ///
  /// Heavy operators run on `kernels`, if given; `progress` is told how many of how many tests are
  /// done. Throws ``VerificationError/noConformanceTests(path:)`` where there are none.
  public init(
    of folder: String, filter: String = "", kernels: (any OperatorKernels)? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    let tests = Self.suites.flatMap { suite -> [(suite: String, name: String)] in
      let names = (try? Folder.names(at: "\(folder)/\(suite)")) ?? []
      let tests = suite == "light" ? names.filter { $0.hasSuffix(".onnx") } : names
      return tests.filter { suite == "light" || $0.hasPrefix("test_") }
        .filter { filter.isEmpty || $0.contains(filter) }.map { (suite, $0) }
    }
    guard !tests.isEmpty else { throw VerificationError.noConformanceTests(path: folder) }
    var cases: [Case] = []
    for (suite, name) in tests {
      let path = "\(folder)/\(suite)"
      let isLight = suite == "light"
      cases.append(
        Self.run(
          suite, isLight ? String(name.dropLast(".onnx".count)) : name,
          model: isLight ? "\(path)/\(name)" : "\(path)/\(name)/model.onnx", in: path, kernels))
      progress(cases.count, tests.count)
    }
    self.cases = cases
  }

  private static func run(
    _ suite: String, _ name: String, model path: String, in folder: String,
    _ kernels: (any OperatorKernels)?
  ) -> Case {
    var operators: [String] = []
    var outcome: Outcome
    do {
      let model = try OnnxFile.read(path)
      operators = try model.operatorTypes
      let program = try OnnxProgram(model, path: path, kernels: kernels)
      outcome =
        suite == "light"
        ? try runLight(program, outputs: "\(folder)/\(name)_output_")
        : try runDataSets(program, in: "\(folder)/\(name)")
    } catch let error as OnnxExecutionError {
      outcome = error.isUnsupported ? .unsupported(reason: "\(error)") : .failed(reason: "\(error)")
    } catch let error as OnnxError {
      outcome = error.isUnsupported ? .unsupported(reason: "\(error)") : .failed(reason: "\(error)")
    } catch { outcome = .failed(reason: "\(error)") }
    if case .failed(let reason) = outcome, suite == "node", corrected.contains(name) {
      outcome = .corrected(reason: reason)
    }
    return Case(suite: suite, name: name, operators: operators, outcome: outcome)
  }

  private static func runDataSets(_ program: OnnxProgram, in folder: String) throws -> Outcome {
    let sets = try Folder.names(at: folder).filter { $0.hasPrefix("test_data_set_") }
    guard !sets.isEmpty else { return .failed(reason: "expected test data, found none") }
    for set in sets {
      var inputs: [String: Tensor] = [:]
      for (index, input) in program.inputs.enumerated() where input.elementType != nil {
        inputs[input.name] = try OnnxFile.readTensor("\(folder)/\(set)/input_\(index).pb").tensor()
          .inBFloat16(ifThatIs: input.elementType)
      }
      let outcome = try compare(program.run(inputs), of: program, "\(folder)/\(set)/output_")
      if outcome != .passed { return outcome }
    }
    return .passed
  }

  private static func runLight(_ program: OnnxProgram, outputs: String) throws -> Outcome {
    var inputs: [String: Tensor] = [:]
    for input in program.inputs {
      let shape = try Shape(checking: (input.dimensions ?? []).map { $0 ?? 1 })
      let count = Float(shape.elementCount)
      let values = (0..<shape.elementCount).map { Float(Double($0) / Double(count)) }
      inputs[input.name] = Tensor(FloatTensor(shape: shape, values: values))
    }
    return try compare(program.run(inputs), of: program, outputs)
  }

  private static func compare(
    _ outputs: [String: Tensor], of program: OnnxProgram, _ path: String
  ) throws -> Outcome {
    for (index, name) in program.outputs.enumerated() {
      guard let found = outputs[name] else { return .failed(reason: "output '\(name)' is missing") }
      let expected = try OnnxFile.readTensor("\(path)\(index).pb").tensor()
        .inBFloat16(ifThatIs: found.elementType)
      if let reason = found.difference(from: expected) {
        return .failed(reason: "output '\(name)': \(reason)")
      }
    }
    return .passed
  }
}
