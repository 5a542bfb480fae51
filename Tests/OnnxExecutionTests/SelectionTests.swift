import Tensors
import Testing

/// How operators that choose elements, and those that make them, refuse what does not fit.
@Suite struct SelectionTests {
  private func expect(
    _ model: String, _ operation: String, _ operands: [Tensor], malformed reason: String
  ) throws {
    try AnyShapeModel("rearrangements/\(model)").expectMalformed(operation, operands, reason)
  }

  @Test func `Slice steps somewhere`() throws {
    try expect(
      "slice", "Slice",
      [.counting([2]), .integers([0]), .integers([1]), .integers([0]), .integers([0])],
      malformed: "steps: expected none to be 0, found [0]")
  }

  @Test func `Slice takes attributes before operator set 10`() throws {
    try expect(
      "slice-inputs", "Slice", [.counting([2]), .integers([0]), .integers([1])],
      malformed: "starts: expected an attribute in operator set 9, found an input")
  }

  @Test func `Slice takes lists of one length`() throws {
    try expect(
      "slice", "Slice",
      [.counting([2]), .integers([0]), .integers([1, 1]), .integers([0]), .integers([1])],
      malformed: "expected as many ends, axes and steps as starts, found 2, 1, 1 and 1")
  }

  @Test func `Slice takes every axis once`() throws {
    try expect(
      "slice", "Slice",
      [
        .counting([2]), .integers([0, 0]), .integers([1, 1]), .integers([0, -1]),
        .integers([1, 1]),
      ],
      malformed: "axes: expected each once, found [0, -1]")
  }

  @Test(arguments: [2, -3, Int.min, Int.max])
  func `Gather stays within the axis`(_ index: Int) throws {
    try expect(
      "gather", "Gather", [.counting([2]), .integers([index])],
      malformed: "indices: expected -2 to 1, found \(index)")
  }

  @Test func `Gather needs an axis`() throws {
    try expect(
      "gather", "Gather", [.counting([]), .integers([0])],
      malformed: "axis: expected 0 to -1, found -1")
  }

  @Test func `GatherElements needs indices of the rank of the input`() throws {
    try expect(
      "gatherelements", "GatherElements", [.counting([2, 2]), .integers([0])],
      malformed: "indices: expected the rank of [2, 2] and at most its dimensions but for 0, "
        + "found [1]")
  }

  @Test func `GatherElements does not leave the other axes`() throws {
    try expect(
      "gatherelements", "GatherElements", [.counting([2, 1]), .integers([0, 0], [1, 2])],
      malformed: "indices: expected the rank of [2, 1] and at most its dimensions but for 0, "
        + "found [1, 2]")
  }

  @Test func `GatherND needs shared dimensions that are equal`() throws {
    try expect(
      "gathernd", "GatherND", [.counting([2, 2]), .integers([0, 0, 0], [3, 1])],
      malformed: "indices: expected lists of 1 to 1 positions in [2, 2] after 1 shared "
        + "dimensions, found shape [3, 1]")
  }

  @Test func `GatherND shares a number of dimensions`() throws {
    try expect(
      "gathernd-negative", "GatherND", [.counting([2, 2]), .integers([0])],
      malformed: "attribute 'batch_dims': expected at least 0 and at most 1, found \(Int.min)")
  }

  @Test func `ScatterND takes no more positions than there are dimensions`() throws {
    try expect(
      "scatternd", "ScatterND", [.counting([2]), .integers([0, 0], [1, 2]), .counting([1])],
      malformed: "indices: expected lists of 1 to 1 positions in [2] after 0 shared dimensions, "
        + "found shape [1, 2]")
  }

  @Test func `ScatterND needs updates for every list of positions`() throws {
    try expect(
      "scatternd", "ScatterND", [.counting([2, 3]), .integers([0], [1, 1]), .counting([1, 2])],
      malformed: "updates: expected F32 of [1, 3], found F32 of [1, 2]")
  }

  @Test func `ScatterND knows five reductions`() throws {
    try AnyShapeModel("rearrangements/scatternd-unknown-reduction").expectUnsupported(
      "ScatterND", [.counting([2]), .integers([0], [1, 1]), .counting([1])],
      "reduction 'mean' is not supported")
  }

  @Test func `ScatterElements needs an update for every index`() throws {
    try expect(
      "scatterelements", "ScatterElements", [.counting([2]), .integers([0]), .counting([2])],
      malformed: "updates: expected F32 of [1], found F32 of [2]")
  }

  @Test func `ConstantOfShape has one value`() throws {
    try expect(
      "constantofshape-two-values", "ConstantOfShape", [.integers([1])],
      malformed: "value: expected one element, found [2]")
  }

  @Test func `ConstantOfShape does not make more elements than the suite takes`() throws {
    try AnyShapeModel("rearrangements/constantofshape").expectUnsupported(
      "ConstantOfShape", [.integers([1 << 31])],
      "a value of shape [2147483648]: expected at most 1073741824 elements")
  }

  @Test func `Range steps somewhere`() throws {
    try expect(
      "range", "Range", [.scalar(0), .scalar(1), .scalar(0)],
      malformed: "expected a finite number of steps, found 0.0 over 1.0")
    try expect(
      "range-integers", "Range", [.integers([0], []), .integers([1], []), .integers([0], [])],
      malformed: "expected a finite number of steps, found steps of 0")
  }

  @Test(arguments: [Float.nan, .infinity])
  func `Range ends somewhere`(_ limit: Float) throws {
    try expect(
      "range", "Range", [.scalar(0), .scalar(limit), .scalar(1)],
      malformed: "expected a finite number of steps, found 1.0 over \(limit)")
  }

  @Test func `Range takes single numbers`() throws {
    try expect(
      "range", "Range", [.scalar(0), .vector(1, 2), .scalar(1)],
      malformed: "input 1: expected one F32, found F32 of [2]")
  }

  @Test func `extreme slices do not trap`() throws {
    let numbers = [Int.min, -1, 0, 2, Int.max]
    try AnyShapeModel("rearrangements/slice").expectNoTrap([
      [.counting([3]), .counting([0]), .counting([0, 1 << 40, 1 << 40])],
      numbers.map { .integers([$0]) }, numbers.map { .integers([$0]) },
      [.integers([0]), .integers([Int.min])], numbers.map { .integers([$0]) },
    ])
  }

  @Test(arguments: ["gather", "gatherelements", "gathernd", "scatterelements", "scatternd"])
  func `extreme indices do not trap`(_ name: String) throws {
    let indices = [Int.min, -3, 0, Int.max].flatMap { index in
      [[1], [], [1, 1], [1, 1, 1]].map { Tensor.integers([index], Shape($0)) }
    }
    let inputs: [Tensor] = [
      .counting([]), .counting([3]), .counting([1, 3]), .counting([0, 1 << 40, 1 << 40]),
      .counting([3, 0, 1 << 40, 1 << 40]),
    ]
    let empty: [Tensor] = [
      .integers([], [1 << 40, 0]), .integers([], [0]), .integers([], [0, 3]),
    ]
    try AnyShapeModel("rearrangements/\(name)").expectNoTrap(
      [inputs, indices + empty] + (name.hasPrefix("scatter") ? [inputs] : []))
  }
}
