import Tensors
import Testing

/// How operators that move elements refuse what does not fit.
@Suite struct RearrangementTests {
  private func expect(
    _ model: String, _ operation: String, _ operands: [Tensor], malformed reason: String
  ) throws {
    try AnyShapeModel("rearrangements/\(model)").expectMalformed(operation, operands, reason)
  }

  @Test func `Reshape does not copy a dimension that the input lacks`() throws {
    try expect(
      "reshape", "Reshape", [.counting([4]), .integers([2, 0])],
      malformed: "shape [2, 0]: dimension 1 is that of the input, whose shape is [4]")
  }

  @Test func `Reshape keeps the number of elements`() throws {
    try expect(
      "reshape", "Reshape", [.counting([4]), .integers([5])],
      malformed: "shape [5]: expected 4 elements, as [4] has, found 5")
  }

  @Test func `Reshape leaves no dimension open that the others do not divide`() throws {
    try expect(
      "reshape", "Reshape", [.counting([4]), .integers([3, -1])],
      malformed: "shape [3, -1]: expected one for [4]")
  }

  @Test func `Reshape leaves no dimension open next to one of 0`() throws {
    try expect(
      "reshape", "Reshape", [.counting([0, 2]), .integers([0, -1])],
      malformed: "shape [0, -1]: expected one for [0, 2]")
  }

  @Test func `Flatten stays within the rank`() throws {
    try expect(
      "flatten", "Flatten", [.counting([1, 2])], malformed: "axis: expected -2 to 2, found 3")
  }

  @Test func `Squeeze removes dimensions of 1 alone`() throws {
    try expect(
      "squeeze", "Squeeze", [.counting([1, 2]), .integers([-1])],
      malformed: "axis 1: expected dimension 1, found shape [1, 2]")
  }

  @Test func `Unsqueeze needs axes`() throws {
    try expect(
      "unsqueeze-nowhere", "Unsqueeze", [.counting([2])],
      malformed: "axes: expected some, found none")
  }

  @Test func `axes are an input since operator set 13`() throws {
    try expect(
      "squeeze-attribute", "Squeeze", [.counting([1, 1])],
      malformed: "axes: expected an input in operator set 21, found an attribute")
  }

  @Test func `Unsqueeze takes every axis once`() throws {
    try expect(
      "unsqueeze", "Unsqueeze", [.counting([2]), .integers([1, -2])],
      malformed: "axes: expected each once, found [1, -2]")
  }

  @Test func `Transpose needs a permutation`() throws {
    try expect(
      "transpose", "Transpose", [.counting([1, 2, 3])],
      malformed: "perm: expected each of the 3 dimensions once, found [0, 2, 2]")
  }

  @Test func `DepthToSpace needs images`() throws {
    try expect(
      "depthtospace", "DepthToSpace", [.counting([4])],
      malformed: "expected [N, C, H, W], found [4]")
  }

  @Test func `DepthToSpace divides the channels`() throws {
    try expect(
      "depthtospace", "DepthToSpace", [.counting([1, 6, 1, 1])],
      malformed: "expected a multiple of 4 channels, found shape [1, 6, 1, 1]")
  }

  @Test func `SpaceToDepth divides rows and columns`() throws {
    try expect(
      "spacetodepth", "SpaceToDepth", [.counting([1, 1, 2, 3])],
      malformed: "expected multiples of 2 rows and columns, found shape [1, 1, 2, 3]")
  }

  @Test func `SpaceToDepth needs blocks`() throws {
    try expect(
      "spacetodepth-block-0", "SpaceToDepth", [.counting([1, 1, 2, 2])],
      malformed: "blocksize: expected 1 to 32768")
  }

  @Test func `DepthToSpace knows two orders`() throws {
    try AnyShapeModel("rearrangements/depthtospace-unknown-mode").expectUnsupported(
      "DepthToSpace", [.counting([1, 4, 1, 1])], "mode 'RDC' is not supported")
  }

  @Test func `Concat needs equal dimensions but for one`() throws {
    try expect(
      "concat", "Concat", [.counting([2, 1]), .counting([3, 1])],
      malformed: "input 1: expected F32 of [2, 1], except for dimension 1, "
        + "found F32 of [3, 1]")
  }

  @Test func `Concat needs one type`() throws {
    try expect(
      "concat-types", "Concat", [.counting([2]), .integers([3])],
      malformed: "input 1: expected F32 of [2], except for dimension 0, found I64 of [1]")
  }

  @Test func `Concat needs an axis`() throws {
    try expect(
      "concat-nowhere", "Concat", [.counting([2])],
      malformed: "axis: expected a whole number, found none")
  }

  @Test func `Split takes parts that add up`() throws {
    try expect(
      "split", "Split", [.counting([4]), .integers([1, 2])],
      malformed: "split: expected 2 extents that add up to 4, found [1, 2]")
  }

  @Test func `Split into equal parts needs a dimension that they divide`() throws {
    try expect(
      "split-evenly", "Split", [.counting([3])],
      malformed: "expected a dimension that splits into 2 parts, found 3")
  }

  @Test func `Split gives as many parts as there are outputs`() throws {
    try expect(
      "split-otherwise", "Split", [.counting([6])],
      malformed: "num_outputs: expected 2, found 3")
  }

  @Test func `Expand needs a shape to broadcast to`() throws {
    try expect(
      "expand", "Expand", [.counting([2]), .integers([3])],
      malformed: "shape [3]: expected one that [2] broadcasts to")
  }

  @Test func `Expand does not make more elements than the suite takes`() throws {
    try AnyShapeModel("rearrangements/expand").expectUnsupported(
      "Expand", [.counting([1]), .integers([1 << 20, 1 << 20])],
      "a value of shape [1048576, 1048576]: expected at most 1073741824 elements")
  }

  @Test func `Tile repeats every dimension`() throws {
    try expect(
      "tile", "Tile", [.counting([1, 2]), .integers([3])],
      malformed: "repeats: expected 2 for shape [1, 2], found [3]")
  }

  @Test func `Pad takes two numbers for every axis`() throws {
    try expect(
      "pad", "Pad", [.counting([2]), .integers([1])],
      malformed: "pads: expected 2 numbers, found 1")
  }

  @Test(arguments: ["pad", "pad-reflect"])
  func `Pad makes no extent that cannot be counted`(_ name: String) throws {
    try expect(
      name, "Pad", [.counting([0, Int.max]), .integers([0, 1, 0, 0])],
      malformed: "shape [0, -1]: expected dimensions of at least 0 whose product fits in memory")
  }

  @Test func `Pad crops what is there`() throws {
    try expect(
      "pad", "Pad", [.counting([2]), .integers([-3, 4])],
      malformed: "pads: expected to crop at most shape [2]")
  }

  @Test func `Pad repeats what is there`() throws {
    try expect(
      "pad-reflect", "Pad", [.counting([0]), .integers([1, 1])],
      malformed: "axis 0: expected elements to pad with, found shape [0]")
  }

  @Test func `Pad needs an element of the type of the input`() throws {
    try expect(
      "pad-types", "Pad", [.counting([2]), .integers([1, 1]), .integers([1], [])],
      malformed: "constant_value: expected one F32, found I64 of []")
  }

  @Test func `Pad pads every axis once`() throws {
    try expect(
      "pad-axes", "Pad", [.counting([2, 2]), .integers([0, 0, 0, 0]), .integers([0, -2])],
      malformed: "axes: expected each once, found [0, -2]")
  }

  @Test func `Pad pads all axes before operator set 18`() throws {
    try expect(
      "pad-early-axes", "Pad", [.counting([2, 2]), .integers([0, 0]), .integers([0])],
      malformed: "axes: expected none in operator set 13")
  }

  @Test func `Pad does not wrap around before operator set 19`() throws {
    try AnyShapeModel("rearrangements/pad-wrap").expectUnsupported(
      "Pad", opset: 18, [.counting([2]), .integers([1, 1])],
      "mode 'wrap' is not supported in operator set 18")
  }

  @Test func `Pad does not make more elements than the suite takes`() throws {
    try AnyShapeModel("rearrangements/pad").expectUnsupported(
      "Pad", [.counting([2]), .integers([Int.max, Int.max])],
      "pads: expected at most 1073741824, found [\(Int.max), \(Int.max)]")
  }

  @Test(
    arguments: [
      "reshape", "squeeze", "unsqueeze", "expand", "tile", "pad", "pad-reflect", "split",
    ])
  func `extreme operands do not trap`(_ name: String) throws {
    let numbers = [Int.min, -2, -1, 0, 1, 3, 1 << 31, Int.max]
    let lists = numbers.flatMap { first in numbers.map { Tensor.integers([first, $0]) } }
    let empty = Tensor.counting([0, 1 << 40, 1 << 40])
    try AnyShapeModel("rearrangements/\(name)").expectNoTrap([
      [.counting([]), .counting([3]), .counting([1, 3]), empty],
      lists + [.integers([]), .integers([1]), .integers([Int.max])],
    ])
  }

  @Test(arguments: ["flatten", "transpose", "depthtospace", "spacetodepth", "split-evenly"])
  func `empty inputs with huge dimensions do not trap`(_ name: String) throws {
    let huge = 1 << 40
    try AnyShapeModel("rearrangements/\(name)").expectNoTrap([
      [
        .counting([0, huge, huge]), .counting([0, huge, huge, huge]), .counting([]),
        .counting([2, 0, huge, huge]),
      ]
    ])
  }
}
