import Foundation
import OnnxExecution
import OnnxFiles
import Tensors
import TestSupport
import Testing

/// How convolutions, pooling, products, normalizations and quantized operators refuse what they
/// cannot run. `Fixtures/layers/make.py` wrote the models; their inputs are all 0.
@Suite struct LayerRefusalTests {
  /// Runs `NAME-refused.onnx` and says how it was refused.
  private func refusal(_ name: String) throws -> OnnxExecutionError {
    let path = Fixture.path("layers/\(name)-refused.onnx")
    return try #require(throws: OnnxExecutionError.self) {
      let program = try OnnxProgram(OnnxFile.read(path), path: "model")
      var inputs: [String: Tensor] = [:]
      for input in program.inputs {
        let shape = Shape(try #require(input.dimensions).map { $0 ?? 1 })
        let type = try #require(input.elementType)
        inputs[input.name] = try Tensor(
          elementType: type, shape: shape,
          bytes: TensorBytes([UInt8](repeating: 0, count: shape.elementCount * type.byteCount)))
      }
      _ = try program.run(inputs)
    }
  }

  private func malformed(_ operation: String, _ reason: String) -> OnnxExecutionError {
    .malformed(path: "model", node: node(operation), operation: operation, reason: reason)
  }

  private func unsupported(
    _ operation: String, _ opset: Int, _ reason: String
  ) -> OnnxExecutionError {
    .unsupported(
      path: "model", node: node(operation), operation: operation, opset: opset, reason: reason)
  }

  /// The name that a node without one gets.
  private func node(_ operation: String) -> String {
    "\(operation.split(separator: ".").last ?? "")#0"
  }

  @Test func `a convolution over four spatial dimensions is not supported`() throws {
    #expect(
      try refusal("conv-4d")
        == unsupported(
          "Conv", 17,
          "more than 3 spatial dimensions: [1, 1, 2, 2, 2, 2]"))
  }

  @Test func `channels that do not come in the groups of a convolution are malformed`() throws {
    #expect(
      try refusal("conv-groups")
        == malformed(
          "Conv",
          "weights: expected [O, 2 / 2, ...] with O a multiple of 2, found [3, 1, 1, 1]"))
  }

  @Test func `weights for other channels are malformed`() throws {
    #expect(
      try refusal("conv-channels")
        == malformed(
          "Conv",
          "weights: expected [O, 2 / 1, ...] with O a multiple of 1, found [3, 3, 1, 1]"))
  }

  @Test func `a window larger than the padded input is malformed`() throws {
    #expect(
      try refusal("conv-window")
        == malformed(
          "Conv",
          "a window of 5 elements on 4: expected it to fit"))
  }

  @Test func `a kernel_shape that is not that of the weights is malformed`() throws {
    #expect(
      try refusal("conv-kernel-shape")
        == malformed(
          "Conv",
          "attribute 'kernel_shape': expected [2, 2], as the weights have, found [3, 3]"))
  }

  @Test func `a stride of zero is malformed`() throws {
    #expect(
      try refusal("conv-strides")
        == malformed(
          "Conv",
          "attribute 'strides': expected 2 numbers from 1 to 1073741824, found [0, 1]"))
  }

  @Test func `negative padding is malformed`() throws {
    #expect(
      try refusal("conv-pads")
        == malformed(
          "Conv",
          "attribute 'pads': expected 4 numbers from 0 to 1073741824, found [-1, 0, 0, 0]"))
  }

  @Test func `an unknown auto_pad is malformed`() throws {
    #expect(
      try refusal("conv-auto-pad")
        == malformed(
          "Conv",
          "attribute 'auto_pad': expected NOTSET, SAME_UPPER, SAME_LOWER or VALID, found 'SAME'"))
  }

  @Test func `padding that makes a result too large is not supported`() throws {
    #expect(
      try refusal("conv-huge")
        == unsupported(
          "Conv", 17,
          "a value of shape [1048580, 1048580]: expected at most 1073741824 elements"))
  }

  @Test func `a bias for other channels is malformed`() throws {
    #expect(
      try refusal("conv-bias")
        == malformed(
          "Conv",
          "bias: expected F32 [3], found F32 [2]"))
  }

  @Test func `padding beyond the whole result of a transposed convolution is malformed`() throws {
    #expect(
      try refusal("convtranspose-padding")
        == malformed(
          "ConvTranspose",
          "padding of 9 and 0: expected at most the 5 elements of the result"))
  }

  @Test func `pooling of wide integers is not supported`() throws {
    #expect(
      try refusal("maxpool-int32")
        == unsupported(
          "MaxPool", 17,
          "elements of type I32 are not supported"))
  }

  @Test func `pooling without spatial dimensions is malformed`() throws {
    #expect(
      try refusal("maxpool-rank")
        == malformed(
          "MaxPool",
          "expected [N, C, ...] with at least one spatial dimension, found [2, 3]"))
  }

  @Test func `a window in the padding has no index`() throws {
    #expect(
      try refusal("maxpool-empty-window")
        == malformed(
          "MaxPool",
          "a window in the padding: expected an element under it"))
  }

  @Test func `matrices that do not fit are malformed`() throws {
    #expect(
      try refusal("matmul-extents")
        == malformed(
          "MatMul",
          "a product of [2, 3] and [2, 3]: expected them to fit"))
  }

  @Test func `a product with a scalar is malformed`() throws {
    #expect(
      try refusal("matmul-scalar")
        == malformed(
          "MatMul",
          "expected matrices, found [] and [3]"))
  }

  @Test func `a product of narrow integers is not supported`() throws {
    #expect(
      try refusal("matmul-int8")
        == unsupported(
          "MatMul", 17,
          "elements of type I8 are not supported"))
  }

  @Test func `before operator set 7 the summand of Gemm is broadcast only if the node says so`()
    throws
  {
    #expect(
      try refusal("gemm-broadcast")
        == malformed(
          "Gemm",
          "C: expected F32 of shape [2, 4], found F32 of shape [4]"))
  }

  @Test func `a fractional factor of integers is not supported`() throws {
    #expect(
      try refusal("gemm-fraction")
        == unsupported(
          "Gemm", 17,
          "a fractional alpha or beta on integers is not supported"))
  }

  @Test(arguments: ["softmax-axis", "softmax-coerced"])
  func `a softmax along a dimension that is not there is malformed`(_ name: String) throws {
    #expect(
      try refusal(name)
        == malformed(
          "Softmax",
          "axis: expected -2 to 1, found 2"))
  }

  @Test func `scales for other channels are malformed`() throws {
    #expect(
      try refusal("batchnorm-scale")
        == malformed(
          "BatchNormalization",
          "scale: expected 2 numbers, found [3]"))
  }

  @Test func `a normalization over no channels is malformed`() throws {
    #expect(
      try refusal("lrn-size")
        == malformed(
          "LRN",
          "attribute 'size': expected a number from 1"))
  }

  @Test func `quantization to types of 8-bit floating point is not supported`() throws {
    #expect(
      try refusal("quantize-float8")
        == unsupported(
          "QuantizeLinear", 21,
          "attribute 'output_dtype': element type 17"))
  }

  @Test func `scales that do not fit the axis are malformed`() throws {
    #expect(
      try refusal("quantize-scale")
        == malformed(
          "QuantizeLinear",
          "scale: expected shape [3], found [2]"))
  }

  @Test func `scales for other channels of quantized weights are malformed`() throws {
    #expect(
      try refusal("qlinearconv-scales")
        == malformed(
          "QLinearConv",
          "w_scale and B: expected numbers for 2 channels, found 3 and 0"))
  }

  @Test func `an activation that FusedConv does not define is not supported`() throws {
    #expect(
      try refusal("fusedconv-activation")
        == unsupported(
          "com.microsoft.FusedConv", 1,
          "activation 'Mish' with 0 parameters is not supported"))
  }
}
