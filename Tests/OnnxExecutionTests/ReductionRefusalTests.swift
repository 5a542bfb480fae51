import Tensors
import Testing

@Suite struct ReductionRefusalTests {
  @Test func `refuses an axis that the operand does not have`() {
    Refusal("reduce-axis-outside", "ReduceSum", opset: 11).isMalformed(
      ["x": .zeros([2, 3, 4])], "axis: expected -3 to 2, found 3")
  }

  @Test func `refuses an axis that is listed twice`() {
    Refusal("reduce-axis-twice", "ReduceSum", opset: 11).isMalformed(
      ["x": .zeros([2, 3, 4])], "axes: expected each once, found [1, 1]")
  }

  @Test func `refuses axes as an input before operator set 18`() {
    Refusal("reduce-axes-as-input", "ReduceMean").isMalformed(
      ["x": .zeros([2, 3, 4]), "axes": .integers([1 as Int64], .int64)],
      "axes: expected an attribute")
  }

  @Test func `refuses axes as an attribute since operator set 18`() {
    Refusal("reduce-axes-as-attribute", "ReduceMean", opset: 18).isMalformed(
      ["x": .zeros([2, 3, 4])], "axes: expected an input")
  }

  @Test func `refuses the mean of no integers`() {
    let none = Tensor(bitPatterns: [] as [Int32], elementType: .int32, shape: [0, 2])
    Refusal("reduce-mean-of-no-integers", "ReduceMean", opset: 11).isMalformed(
      ["x": none], "expected integers to take the mean of, found none")
  }

  @Test func `refuses the sum of what is true`() {
    Refusal("reduce-bool", "ReduceSum").isUnsupported(
      ["x": .truth], "elements of type BOOL are not supported")
  }

  @Test func `refuses the index of the largest of no elements`() {
    Refusal("arg-of-nothing", "ArgMax").isMalformed(
      ["x": .zeros([2, 0])], "axis 1 of [2, 0]: expected elements, found none")
  }

  @Test func `refuses the index of the largest of what is true`() {
    Refusal("arg-bool", "ArgMax").isUnsupported(
      ["x": .truth], "elements of type BOOL are not supported")
  }
}
