import OnnxExecution
import OnnxFiles
import Tensors
import TestSupport
import Testing

/// A model that must not run on some inputs: `Fixtures/math/NAME-refused.onnx`.
struct Refusal {
  private let path: String
  private let program: Result<OnnxProgram, any Error>
  private let node: String
  private let operation: String
  private let opset: Int

  /// The node is the first one of its operator, unless `node` says its number.
  init(_ name: String, _ operation: String, opset: Int = 13, node: Int = 0) {
    let path = Fixture.path("math/\(name)-refused.onnx")
    self.path = path
    program = Result { try OnnxProgram(OnnxFile.read(path), path: path) }
    self.operation = operation
    self.node = "\(operation)#\(node)"
    self.opset = opset
  }

  /// Expects that the run on `inputs`, or the check before it, ends as malformed.
  func isMalformed(_ inputs: [String: Tensor], _ reason: String) {
    #expect(
      throws: OnnxExecutionError.malformed(
        path: path, node: node, operation: operation, reason: reason)
    ) { _ = try program.get().run(inputs) }
  }

  /// Expects that the run on `inputs`, or the check before it, ends as unsupported.
  func isUnsupported(_ inputs: [String: Tensor], _ reason: String) {
    #expect(
      throws: OnnxExecutionError.unsupported(
        path: path, node: node, operation: operation, opset: opset, reason: reason)
    ) { _ = try program.get().run(inputs) }
  }
}

extension Tensor {
  /// Zeros of binary32.
  static func zeros(_ shape: Shape) -> Tensor { Tensor(FloatTensor(zeros: shape)) }

  /// A vector of numbers of binary32.
  static func floats(_ values: [Float]) -> Tensor {
    Tensor(FloatTensor(shape: [values.count], values: values))
  }

  /// A vector of integers of the type that has the same width.
  static func integers<Word: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Word], _ type: ElementType
  ) -> Tensor {
    Tensor(bitPatterns: values, elementType: type, shape: [values.count])
  }

  /// One number of binary32, without dimensions.
  static func number(_ value: Float) -> Tensor { Tensor(FloatTensor(shape: [], values: [value])) }

  /// A vector of one boolean, which is true.
  static let truth = integers([1 as UInt8], .bool)

  /// What tells an operator that it is being trained.
  static let training = Tensor(bitPatterns: [1 as UInt8], elementType: .bool, shape: [])
}
