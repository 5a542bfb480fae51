import Execution
import OnnxFiles
import Tensors

/// How the suite runs an operator of ONNX.
struct Operator: Sendable {
  /// The versions of the operator set that it is known for.
  let opsets: ClosedRange<Int>
  /// How many inputs a node may list.
  let inputs: ClosedRange<Int>
  /// How many outputs a node may list.
  let outputs: ClosedRange<Int>
  /// The settings that it knows; a node with any other is refused.
  let attributes: Set<String>
  /// Computes the outputs, from the first on; those that nobody asked for may be left out.
  let evaluate: @Sendable (OperatorCall) throws -> [Value]

  init(
    opsets: ClosedRange<Int> = OperatorTable.opsets, inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1, attributes: Set<String> = [],
    _ evaluate: @escaping @Sendable (OperatorCall) throws -> [Value]
  ) {
    self.opsets = opsets
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.evaluate = evaluate
  }
}

/// One run of an operator.
struct OperatorCall {
  /// The operator's name and settings.
  let operation: OnnxOperator
  /// The version of its operator set.
  let opset: Int
  /// What it reads; nil for an input that is left out.
  let inputs: [Value?]
  /// How many outputs the node lists.
  let outputCount: Int
  /// The library that heavy operators run on; nil: plain loops.
  let kernels: (any OperatorKernels)?
}

extension OperatorCall {
  /// The input at `index`. Throws ``OperatorFailure/malformed(_:)`` where it is left out.
  func input(_ index: Int) throws -> Value {
    guard let value = optional(index) else {
      throw OperatorFailure.malformed("input \(index): expected a value, found none")
    }
    return value
  }

  /// The input at `index`, or nil where it is left out.
  func optional(_ index: Int) -> Value? { index < inputs.count ? inputs[index] : nil }

  /// The whole numbers of the input at `index`; nil where it is left out.
  func integers(input index: Int) throws -> [Int]? {
    try optional(index)?.integers().map(Int.init)
  }

  /// The whole number called `name`, or `standard`.
  func integer(_ name: String, _ standard: Int) throws -> Int {
    try integer(name) ?? standard
  }

  /// The whole number called `name`, if there is one.
  func integer(_ name: String) throws -> Int? {
    switch operation.attributes[name] {
    case nil: nil
    case .integer(let value): value
    case let other?: throw Self.mismatch(name, "a whole number", other)
    }
  }

  /// Whether the whole number called `name` is not 0.
  func flag(_ name: String, _ standard: Bool = false) throws -> Bool {
    try integer(name, standard ? 1 : 0) != 0
  }

  /// The number called `name`, or `standard`.
  func float(_ name: String, _ standard: Float) throws -> Float {
    try float(name) ?? standard
  }

  /// The number called `name`, if there is one.
  func float(_ name: String) throws -> Float? {
    switch operation.attributes[name] {
    case nil: nil
    case .float(let value): value
    case let other?: throw Self.mismatch(name, "a number", other)
    }
  }

  /// The text called `name`, or `standard`.
  func text(_ name: String, _ standard: String) throws -> String {
    switch operation.attributes[name] {
    case nil: standard
    case .text(let value): value
    case let other?: throw Self.mismatch(name, "a text", other)
    }
  }

  /// The whole numbers called `name`, if there are any.
  func integers(_ name: String) throws -> [Int]? {
    switch operation.attributes[name] {
    case nil: nil
    case .integers(let values): values
    case let other?: throw Self.mismatch(name, "whole numbers", other)
    }
  }

  /// A list that is the attribute `name` before operator set `opset`, and the input at `index` since
  /// then.
  ///
  /// Throws ``OperatorFailure/malformed(_:)`` where it is the other one.
  func integers(_ name: String, input index: Int, since opset: Int) throws -> [Int]? {
    let isAttribute = self.opset < opset
    guard isAttribute ? optional(index) == nil : operation.attributes[name] == nil else {
      throw OperatorFailure.malformed(
        "\(name): expected an \(isAttribute ? "attribute" : "input") in operator set "
          + "\(self.opset), found an \(isAttribute ? "input" : "attribute")")
    }
    return isAttribute ? try integers(name) : try integers(input: index)
  }

  /// The numbers called `name`, if there are any.
  func floats(_ name: String) throws -> [Float]? {
    switch operation.attributes[name] {
    case nil: nil
    case .floats(let values): values
    case let other?: throw Self.mismatch(name, "numbers", other)
    }
  }

  /// The tensor called `name`, if there is one.
  func tensor(_ name: String) throws -> Tensor? {
    switch operation.attributes[name] {
    case nil: nil
    case .tensor(let entry): try entry.tensor()
    case let other?: throw Self.mismatch(name, "a tensor", other)
    }
  }

  private static func mismatch(
    _ name: String, _ expected: String, _ found: OnnxAttribute
  ) -> OperatorFailure {
    .malformed("attribute '\(name)': expected \(expected), found \(found)")
  }

  /// `axis` of `rank` dimensions, counted from the first; negative ones count from behind.
  ///
  /// Throws ``OperatorFailure/malformed(_:)`` where it is outside.
  func axis(_ axis: Int, rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw OperatorFailure.malformed(
        "axis: expected \(-rank) to \(rank - 1), found \(axis)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// A shape that a value may have.
  ///
  /// Throws ``OperatorFailure`` for negative extents and for more elements than the suite takes.
  func shape(_ dimensions: [Int]) throws -> Shape { try Self.shape(dimensions) }

  /// A shape that a value may have, outside of a call; throws as the method of this name does.
  static func shape(_ dimensions: [Int]) throws -> Shape {
    let shape: Shape
    do { shape = try Shape(checking: dimensions) } catch {
      throw OperatorFailure.malformed("\(error)")
    }
    guard shape.elementCount <= Value.maximumElementCount else {
      throw OperatorFailure.unsupported(
        "a value of shape \(shape): expected at most \(Value.maximumElementCount) elements")
    }
    return shape
  }
}
