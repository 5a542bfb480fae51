public import Execution
import Files
import Networks
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

  /// The suites, in the order in which they are reported.
  public static let suites = ["node", "pytorch-operator", "pytorch-converted", "simple", "light"]

  /// The tests by suite and name.
  public let cases: [Case]

  /// Runs every test under `folder` whose name contains `filter`.
  ///
  /// Heavy operators run on `kernels`, if given. Throws `FileError` where there are no tests.
  public init(
    of folder: String, filter: String = "", kernels: (any OperatorKernels)? = nil,
  ) throws {
    var cases: [Case] = []
    for suite in Self.suites {
      let path = "\(folder)/\(suite)"
      guard let names = try? Folder.names(at: path) else { continue }
      for name in names where filter.isEmpty || name.contains(filter) {
        let isLight = suite == "light"
        guard isLight ? name.hasSuffix(".onnx") : name.hasPrefix("test_") else { continue }
        let test = isLight ? String(name.dropLast(5)) : name
        let model = isLight ? "\(path)/\(name)" : "\(path)/\(name)/model.onnx"
        cases.append(Self.run(suite, test, model: model, in: path, kernels))
      }
    }
    guard !cases.isEmpty else { throw VerificationError.noConformanceTests(path: folder) }
    self.cases = cases
  }

  private static func run(
    _ suite: String, _ name: String, model path: String, in folder: String,
    _ kernels: (any OperatorKernels)?
  ) -> Case {
    var operators: [String] = []
    let outcome: Outcome
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

extension OnnxExecutionError {
  /// Whether the model asks for what the suite does not have, rather than contradicts itself.
  fileprivate var isUnsupported: Bool {
    switch self {
    case .unsupported, .operatorSet, .unreadableConstant: true
    case .several(_, let errors): errors.allSatisfy(\.isUnsupported)
    case .input(_, _, "a tensor", _): true
    case .malformed, .missingInput, .input: false
    }
  }
}

extension OnnxError {
  /// Whether the file holds what the suite does not read, rather than contradicts itself.
  fileprivate var isUnsupported: Bool {
    switch self {
    case .unsupportedTensor, .functionCall: true
    default: false
    }
  }
}

extension OnnxModel {
  /// The operators of the graph, those that make constants included, sorted.
  fileprivate var operatorTypes: [String] {
    get throws {
      var types = Set(try graph.nodes.map(\.operation.type))
      for origin in origins.values {
        switch origin {
        case .initializer: break
        case .constant: types.insert("Constant")
        case .identity: types.insert("Identity")
        case .cast: types.insert("Cast")
        }
      }
      return types.sorted()
    }
  }
}

extension Tensor {
  /// The tensor whose bits these are: the data hold numbers of BFLOAT16 as ones of UINT16.
  fileprivate func inBFloat16(ifThatIs wanted: ElementType?) -> Tensor {
    guard wanted == .bfloat16, elementType == .uint16 else { return self }
    return Tensor(bitPatterns: bitPatterns(as: UInt16.self), elementType: .bfloat16, shape: shape)
  }

  /// How the tensor is not what was `expected`; nil where it is.
  fileprivate func difference(from expected: Tensor) -> String? {
    guard elementType == expected.elementType else {
      return "expected \(expected.elementType.rawValue), found \(elementType.rawValue)"
    }
    guard shape == expected.shape else { return "expected \(expected.shape), found \(shape)" }
    let range = 0..<shape.elementCount
    let tolerance = elementType == .bfloat16 ? 0x1p-7 : 1e-3
    let pairs = zip(expected.numbers(in: range), numbers(in: range))
    for (index, (wanted, found)) in pairs.enumerated() {
      let isClose = wanted.isFinite && abs(found - wanted) <= 1e-7 + tolerance * abs(wanted)
      guard wanted == found || isClose || (wanted.isNaN && found.isNaN) else {
        return "element \(index): expected \(wanted), found \(found)"
      }
    }
    return nil
  }
}
