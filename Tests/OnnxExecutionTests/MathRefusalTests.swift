import Tensors
import Testing

@Suite struct MathRefusalTests {
  @Test func `refuses shapes that are not broadcast to each other`() {
    Refusal("broadcast-unequal", "Add").isMalformed(
      ["a": .zeros([2, 3]), "b": .zeros([2])],
      "shapes [2, 3] and [2]: expected equal extents, or 1, from the last on")
  }

  @Test func `refuses operands of two types`() {
    let doubles = Tensor(
      bitPatterns: [UInt64](repeating: 0, count: 6), elementType: .float64, shape: [2, 3])
    Refusal("binary-types", "Mul").isMalformed(
      ["a": .zeros([2, 3]), "b": doubles],
      "expected operands of one type, found F32 and F64")
  }

  @Test func `refuses to add what is true`() {
    Refusal("binary-bool", "Add").isUnsupported(
      ["a": .truth, "b": .truth], "elements of type BOOL are not supported")
  }

  @Test func `refuses to order what is true`() {
    Refusal("compare-bool", "Less").isUnsupported(
      ["a": .truth, "b": .truth], "elements of type BOOL are not supported")
  }

  @Test func `refuses logic of numbers`() {
    Refusal("logic-numbers", "And").isUnsupported(
      ["a": .zeros([2, 3]), "b": .zeros([2, 3])], "elements of type F32 are not supported")
  }

  @Test func `refuses the exponential of integers`() {
    Refusal("exp-integers", "Exp").isUnsupported(
      ["x": .integers([1 as Int32], .int32)], "elements of type I32 are not supported")
  }

  @Test func `refuses to negate what has no sign`() {
    Refusal("neg-unsigned", "Neg").isUnsupported(
      ["x": .integers([1 as UInt64], .uint64)], "elements of type U64 are not supported")
    Refusal("relu-unsigned", "Relu", opset: 14).isUnsupported(
      ["x": .integers([1 as UInt64], .uint64)], "elements of type U64 are not supported")
  }

  @Test func `refuses the floored remainder of floating-point numbers before it was defined`() {
    Refusal("mod-floats", "Mod").isMalformed(
      ["a": .zeros([2, 3]), "b": .zeros([2, 3])],
      "attribute 'fmod': expected 1 for floating-point numbers, found 0")
  }

  @Test(arguments: ["Div", "Mod"])
  func `refuses to divide integers by 0`(_ operation: String) {
    let name = operation.lowercased()
    Refusal("\(name)-i32", operation).isMalformed(
      ["a": .integers([1, 2] as [Int32], .int32), "b": .integers([1, 0] as [Int32], .int32)],
      "division of integers by 0 (input 1)")
    Refusal("\(name)-u64", operation).isMalformed(
      ["a": .integers([1, 2] as [UInt64], .uint64), "b": .integers([1, 0] as [UInt64], .uint64)],
      "division of integers by 0 (input 1)")
  }

  @Test func `has no powers of UINT64`() {
    Refusal("pow-u64", "Pow").isUnsupported(
      ["a": .integers([2 as UInt64], .uint64), "b": .integers([64 as Int64], .int64)],
      "elements of type U64 are not supported")
  }

  @Test func `refuses negative powers of the integer 0`() {
    Refusal("pow-i64", "Pow").isMalformed(
      ["a": .integers([0 as Int64], .int64), "b": .integers([-1 as Int64], .int64)],
      "expected no negative power of the integer 0")
  }

  @Test func `refuses exponents of another type before operator set 12`() {
    Refusal("pow-types", "Pow", opset: 7).isMalformed(
      ["a": .zeros([2, 3]), "b": .integers([2 as Int64], .int64)],
      "expected operands of one type, found F32 and I64")
  }

  @Test func `refuses to leave out one of many operands`() {
    Refusal("variadic-left-out", "Max").isMalformed(
      ["x": .zeros([2, 3])], "input 1: expected a value, found none")
  }

  @Test func `refuses operators that are younger than the model`() {
    Refusal("round-10", "Round", opset: 10).isUnsupported(
      [:], "the operator is supported in operator sets 11 to 28 only")
  }

  @Test func `refuses results that are too large`() {
    func bytes(_ shape: Shape) -> Tensor {
      Tensor(
        bitPatterns: [UInt8](repeating: 0, count: 1 << 16), elementType: .uint8, shape: shape)
    }
    Refusal("outer-huge", "Add", opset: 14).isUnsupported(
      ["a": bytes([1 << 16, 1]), "b": bytes([1 << 16])],
      "a value of shape [65536, 65536]: expected at most 1073741824 elements")
  }

  @Test func `refuses unequal shapes without broadcasting up to operator set 6`() {
    Refusal("binary-6-unequal", "Add", opset: 6).isMalformed(
      ["a": .zeros([2, 3, 4]), "b": .zeros([4])],
      "without 'broadcast': expected two equal shapes, found [2, 3, 4] and [4]")
  }

  @Test func `refuses an axis at which the shapes are not equal up to operator set 6`() {
    Refusal("binary-6-misplaced", "Add", opset: 6).isMalformed(
      ["a": .zeros([2, 3, 4]), "b": .zeros([3])],
      "broadcast: expected a part of [2, 3, 4] from dimension 2 on, found [3]")
  }

  @Test func `refuses the axis of operator set 6 in later ones`() {
    Refusal("binary-7-axis", "Add", opset: 7).isUnsupported(
      ["a": .zeros([2, 3, 4]), "b": .zeros([4])],
      "attribute 'axis', 'broadcast' is supported up to operator set 6 only")
  }

  @Test func `refuses unequal shapes of many operands up to operator set 7`() {
    Refusal("sum-7-unequal", "Sum", opset: 7).isMalformed(
      ["a": .zeros([2, 3, 4]), "b": .zeros([4])], "input 1: expected shape [2, 3, 4], found [4]")
  }

  @Test func `refuses slopes that are not broadcast to the operand`() {
    Refusal("prelu-slope", "PRelu", opset: 9).isMalformed(
      ["x": .zeros([2, 3]), "s": .zeros([2, 2, 3])],
      "slope: expected a shape that is broadcast to [2, 3], found [2, 2, 3]")
  }

  @Test func `refuses bounds as inputs up to operator set 10`() {
    Refusal("clip-10-inputs", "Clip", opset: 10).isMalformed(
      ["x": .zeros([2, 3]), "l": .zeros([])], "expected the bounds as attributes")
  }

  @Test func `refuses bounds as attributes since operator set 11`() {
    Refusal("clip-11-attributes", "Clip", opset: 11).isMalformed(
      ["x": .zeros([2, 3])], "expected the bounds as inputs")
  }

  @Test func `refuses more than one lower bound`() {
    Refusal("clip-bounds", "Clip", opset: 11).isMalformed(
      ["x": .zeros([2, 3]), "l": .zeros([2])], "input 1: expected one number, found shape [2]")
  }

  @Test func `refuses to train without a seed`() {
    let inputs = ["x": Tensor.zeros([2]), "r": .number(0.3), "t": .training]
    Refusal("dropout-without-seed", "Dropout").isUnsupported(
      inputs, "training needs a seed of 32 bits (attribute 'seed'), found none")
    Refusal("dropout-seed-too-large", "Dropout").isUnsupported(
      inputs, "training needs a seed of 32 bits (attribute 'seed'), found 8589934592")
    Refusal("dropout-6-training", "Dropout", opset: 6).isUnsupported(
      ["x": .zeros([2, 3, 2])], "training (attribute 'is_test' of 0) is not supported")
  }

  @Test(arguments: [1, -0.5, Float.nan])
  func `refuses ratios that are none`(_ ratio: Float) {
    Refusal("dropout-ratio", "Dropout").isMalformed(
      ["x": .zeros([2]), "r": .number(ratio), "t": .training],
      "ratio: expected a number of [0, 1), found \(Double(ratio))")
  }
}
