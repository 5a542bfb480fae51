import Tensors
import Testing

/// How Resize and Upsample refuse what does not fit.
@Suite struct ResizingTests {
  private let none = Tensor.vector()
  private let noSizes = Tensor.integers([])

  private func expect(
    _ model: String, _ operands: [Tensor], malformed reason: String
  ) throws {
    try AnyShapeModel("resizings/\(model)").expectMalformed("Resize", operands, reason)
  }

  private func expect(
    _ model: String, _ operands: [Tensor], unsupported reason: String
  ) throws {
    try AnyShapeModel("resizings/\(model)").expectUnsupported(
      "Resize", opset: 19, operands, reason)
  }

  @Test func `Resize needs scales or sizes`() throws {
    try expect(
      "nearest", [.counting([2]), none, noSizes],
      malformed: "expected either scales or sizes, found neither")
  }

  @Test func `Resize does not take both scales and sizes`() throws {
    try expect(
      "nearest", [.counting([2]), .vector(2), .integers([4])],
      malformed: "expected either scales or sizes, found both")
  }

  @Test(arguments: [0, -1, Float.nan, .infinity])
  func `scales are positive numbers`(_ scale: Float) throws {
    try expect(
      "nearest", [.counting([2]), .vector(scale), noSizes],
      malformed: "scales: expected 1 positive numbers, found [\(scale)]")
  }

  @Test func `there is a scale for every axis`() throws {
    try expect(
      "nearest", [.counting([2, 2]), .vector(2), noSizes],
      malformed: "scales: expected 2 positive numbers, found [2.0]")
  }

  @Test func `there is a size for every axis`() throws {
    try expect(
      "nearest", [.counting([2, 2]), none, .integers([4])],
      malformed: "sizes: expected 2 extents, found [4]")
  }

  @Test func `sizes are not negative`() throws {
    try expect(
      "nearest", [.counting([2]), none, .integers([-1])],
      malformed: "sizes: expected 1 extents, found [-1]")
  }

  @Test func `nothing comes of an empty axis`() throws {
    try expect(
      "nearest", [.counting([0]), none, .integers([2])],
      malformed: "expected elements to resize, found shape [0]")
  }

  @Test func `every axis is resized once`() throws {
    try expect(
      "axis-twice", [.counting([2, 2]), .vector(2, 2), noSizes],
      malformed: "axes: expected each once, found [0, -2]")
  }

  @Test func `a region has a start and an end for every axis`() throws {
    try expect(
      "crop", [.counting([2]), .vector(1), .integers([2])],
      malformed: "roi: expected 2 numbers, found 1")
  }

  @Test func `nothing is larger than the suite takes`() throws {
    try expect(
      "linear", [.counting([2]), none, .integers([1 << 31])],
      unsupported: "a value of shape [2147483648]: expected at most 1073741824 elements")
  }

  @Test func `booleans are not interpolated`() throws {
    let flags = Tensor(bitPatterns: [0, 1 as UInt8], elementType: .bool, shape: [2])
    try expect(
      "bool", [flags, .vector(2)], unsupported: "elements of type BOOL are not supported")
  }

  @Test func `the nearest point is not smoothed`() throws {
    try expect(
      "nearest-antialias", [.counting([2]), .vector(2), noSizes],
      unsupported: "antialias is not supported with mode 'nearest'")
  }

  @Test(
    arguments: [
      ("unknown-mode", "mode 'area' is not supported"),
      (
        "unknown-coordinates",
        "coordinate_transformation_mode 'quarter_pixel' is not supported"
      ),
      ("unknown-nearest", "nearest_mode 'round' is not supported"),
    ])
  func `unknown settings are named`(_ name: String, _ reason: String) throws {
    try expect(name, [.counting([2]), .vector(2), noSizes], unsupported: reason)
  }

  @Test func `unknown policies are named`() throws {
    try expect(
      "unknown-policy", [.counting([2]), .integers([2])],
      unsupported: "keep_aspect_ratio_policy 'fit' is not supported")
  }

  @Test func `Upsample needs scales`() throws {
    try AnyShapeModel("resizings/upsample").expectMalformed(
      "Upsample", [.counting([2]), .vector(2, 2)],
      "scales: expected 1 positive numbers, found [2.0, 2.0]")
  }

  @Test(arguments: ["nearest", "linear", "cubic-antialias"])
  func `extreme scales and sizes do not trap`(_ name: String) throws {
    let inputs: [Tensor] = [
      .counting([]), .counting([3]), .counting([0]), .counting([2, 3]),
      .counting([0, 1 << 40, 1 << 40]),
    ]
    let scales: [Float] = [.leastNonzeroMagnitude, 1e-9, 0.4, 1, 2.5, 1e30, .nan, -.infinity]
    let sizes = [Int.min, 0, 1, 4, 1 << 31, Int.max]
    let model = try AnyShapeModel("resizings/\(name)")
    try model.expectNoTrap([
      inputs, scales.flatMap { scale in scales.map { .vector(scale, $0) } }, [noSizes],
    ])
    try model.expectNoTrap([inputs, scales.map { .vector($0) }, [noSizes]])
    try model.expectNoTrap([
      inputs, [none], sizes.flatMap { size in sizes.map { .integers([size, $0]) } },
    ])
    try model.expectNoTrap([inputs, [none], sizes.map { .integers([$0]) }])
  }

  @Test func `extreme regions do not trap`() throws {
    let numbers: [Float] = [.nan, -.infinity, -1e30, 0, 0.5, 1e30, .infinity]
    try AnyShapeModel("resizings/crop").expectNoTrap([
      [.counting([3])], numbers.flatMap { start in numbers.map { .vector(start, $0) } },
      [.integers([1]), .integers([4])],
    ])
  }

  @Test func `extreme sizes of one ratio do not trap`() throws {
    let sizes = [0, 1, 4, 1 << 31, Int.max]
    try AnyShapeModel("resizings/not-larger").expectNoTrap([
      [.counting([2, 3]), .counting([0, 2])],
      sizes.flatMap { size in sizes.map { .integers([size, $0]) } },
    ])
  }
}
