import Execution
import Foundation
import Networks
import Quantization
import Safetensors
import Tensors
import TestSupport
import Testing

/// Single steps on the reference backend against onnxruntime.
@Suite struct KernelTests {
  private let cases: TensorArchive

  init() throws {
    let folder = try #require(Bundle.module.resourceURL)
    cases = try SafetensorsFile.read(folder.appending(path: "Fixtures/kernels.safetensors").path)
  }

  @Test(arguments: [
    ("conv1x1", 1, 1), ("conv1x1s2", 1, 2), ("conv3x3", 3, 1), ("conv3x3s2", 3, 2),
    ("conv7x7s2", 7, 2),
  ])
  func `a convolution is that of onnxruntime`(name: String, kernel: Int, stride: Int) throws {
    let (x, weight) = (try cases.floats("\(name)/x"), try cases.floats("\(name)/w"))
    let hasBias = cases["\(name)/b"] != nil
    let convolution = Convolution(
      x.shape[1], weight.shape[0], kernel: kernel, stride: stride, hasBias: hasBias)
    let weights = try rename(["w": "layer.weight", "b": "layer.bias"], of: name)
    try expect(name, .convolution(convolution), weights)
  }

  @Test(arguments: ["pool-even", "pool-odd", "pool-one"])
  func `a pooling with padding is that of onnxruntime`(name: String) throws {
    try expect(name, .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), try TensorArchive([:]))
  }

  @Test(arguments: [2, 4])
  func `an upsampling is that of onnxruntime`(factor: Int) throws {
    try expect("upsample\(factor)", .upsample(factor: factor), try TensorArchive([:]))
  }

  @Test func `a batch norm is that of onnxruntime`() throws {
    let fields = ["weight", "bias", "running_mean", "running_var"]
    let names = Dictionary(uniqueKeysWithValues: fields.map { ($0, "layer.\($0)") })
    try expect(
      "norm", .batchNormalization(BatchNormalization(channels: 3)), try rename(names, of: "norm"))
  }

  @Test
  func `an integer convolution accumulates what ConvInteger does, padded with the zero point`()
    throws
  {
    let scale = AffineQuantization(elementType: .uint8, scale: 1, zeroPoint: 131)
    let y = try integerConvolution(
      "integer", Convolution(3, 4, kernel: 3, stride: 2, hasBias: false),
      input: scale, weightScales: [1, 1, 1, 1], bias: nil, output: nil)
    let expected = try #require(try cases["integer/y"]?.tensor())
    #expect(y.shape == expected.shape)
    #expect(y.values == expected.bitPatterns(as: Int32.self).map(Float.init))
  }

  @Test func `an integer convolution with a bias gives the bytes of QLinearConv`() throws {
    let input = AffineQuantization(elementType: .uint8, scale: 0.03, zeroPoint: 131)
    let output = AffineQuantization(elementType: .uint8, scale: 0.7, zeroPoint: 119)
    let scales = try cases.floats("quantized/w_scale").values
    let bias = try #require(try cases["quantized/b"]?.tensor()).bitPatterns(as: Int32.self)
    let y = try integerConvolution(
      "quantized", Convolution(3, 4, kernel: 3, hasBias: true), input: input,
      weightScales: scales, bias: zip(bias, scales).map { Float($0) * (input.scale * $1) },
      output: output)
    let expected = try #require(try cases["quantized/y"]?.tensor()).bitPatterns(as: UInt8.self)
    #expect(y.values.map(output.quantize) == expected.map { Int32($0) })
    #expect(Set(expected).count > 50)
  }

  /// Runs one layer on `name/x` and compares with `name/y`.
  private func expect(
    _ name: String, _ operation: LayerOperation, _ weights: TensorArchive
  ) throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let graph = b.finish(["y": b.layer("layer", operation, "x")])
    let bound = try BoundProgram(
      Program(layersOf: graph), precision: .float32, weights: weights)
    let y = try ReferenceBackend(threads: 2).compile(bound)
      .run(["x": try cases.floats("\(name)/x")])["y"]
    let found = try #require(y)
    let expected = try cases.floats("\(name)/y")
    #expect(found.shape == expected.shape)
    #expect(found.relativeError(to: expected) < 1e-6)
  }

  private func integerConvolution(
    _ name: String, _ geometry: Convolution, input: AffineQuantization, weightScales: [Float],
    bias: [Float]?, output: AffineQuantization?
  ) throws -> FloatTensor {
    let x = try #require(try cases["\(name)/x"]?.tensor())
    let integers = x.bitPatterns(as: UInt8.self).map { input.dequantize(Int32($0)) }
    let model = try IntegerModel(
      geometry, weight: #require(try cases["\(name)/w"]?.tensor()).bitPatterns(as: Int8.self),
      weightScales: weightScales, bias: bias, input: input, output: output)
    return try model.run(FloatTensor(shape: x.shape, values: integers))
  }

  /// The tensors of the case `name` under the names that a layer asks for.
  private func rename(_ names: [String: String], of name: String) throws -> TensorArchive {
    try TensorArchive(
      names.compactMap { field, full in cases["\(name)/\(field)"]?.renamed(full) })
  }
}
