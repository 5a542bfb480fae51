import OnnxExecution
import OnnxFiles
import Tensors
import TestSupport
import Testing

/// A model of one node that takes operands of any shape: `Fixtures/NAME-any.onnx`.
struct AnyShapeModel {
  private let path: String
  private let program: OnnxProgram

  init(_ name: String) throws {
    path = Fixture.path("\(name)-any.onnx")
    program = try OnnxProgram(OnnxFile.read(path), path: path)
  }

  /// The outputs for `operands`, in the order of the inputs.
  @discardableResult func run(_ operands: [Tensor]) throws -> [String: Tensor] {
    let names = program.inputs.map(\.name)
    return try program.run(Dictionary(uniqueKeysWithValues: zip(names, operands)))
  }

  /// Expects that `operation` finds `operands` malformed, for `reason`.
  func expectMalformed(_ operation: String, _ operands: [Tensor], _ reason: String) {
    let error = OnnxExecutionError.malformed(
      path: path, node: "node", operation: operation, reason: reason)
    #expect(throws: error) { _ = try run(operands) }
  }

  /// Expects that `operation` does not support what `operands` ask for, for `reason`.
  func expectUnsupported(
    _ operation: String, opset: Int = 21, _ operands: [Tensor], _ reason: String
  ) {
    let error = OnnxExecutionError.unsupported(
      path: path, node: "node", operation: operation, opset: opset, reason: reason)
    #expect(throws: error) { _ = try run(operands) }
  }

  /// Runs on every choice of one of `candidates` for each input: it must answer or throw this floor's
  /// error, and not trap.
  func expectNoTrap(_ candidates: [[Tensor]]) throws {
    var choices: [[Tensor]] = [[]]
    for list in candidates { choices = choices.flatMap { head in list.map { head + [$0] } } }
    for operands in choices {
      do { try run(operands) } catch is OnnxExecutionError {}
    }
  }
}

extension Tensor {
  /// Binary32 numbers 0, 1, 2, and so on.
  static func counting(_ shape: Shape) -> Tensor {
    Tensor(FloatTensor(shape: shape, values: (0..<shape.elementCount).map(Float.init)))
  }

  /// Binary32 numbers as a vector.
  static func vector(_ values: Float...) -> Tensor {
    Tensor(FloatTensor(shape: [values.count], values: values))
  }

  /// A binary32 number.
  static func scalar(_ value: Float) -> Tensor {
    Tensor(FloatTensor(shape: [], values: [value]))
  }

  /// 64-bit integers as a vector, or of `shape`.
  static func integers(_ values: [Int], _ shape: Shape? = nil) -> Tensor {
    Tensor(bitPatterns: values, elementType: .int64, shape: shape ?? [values.count])
  }
}
