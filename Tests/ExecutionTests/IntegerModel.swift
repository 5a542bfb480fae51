import Execution
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

/// A program of one integer convolution, and where an output is asked for a second that reads it.
struct IntegerModel {
  private let compiled: any CompiledProgram
  private let step: String

  init(
    _ geometry: Convolution, weight: [Int8], weightScales: [Float], bias: [Float]? = nil,
    input: AffineQuantization, residual: AffineQuantization? = nil,
    output: AffineQuantization? = nil, appliesReLU: Bool = false
  ) throws {
    var b = GraphBuilder("g", inputs: residual == nil ? ["x"] : ["x", "r"])
    var y = b.layer("layer", .convolution(geometry), "x")
    if residual != nil { y = b.layer("add", .add, y, "r") }
    if appliesReLU { y = b.layer("relu", .relu, y) }
    step = y
    let channels = geometry.outputChannels
    var entries = [
      Self.integers(
        "layer.weight", weight,
        [channels, geometry.inputChannels, geometry.kernel, geometry.kernel]),
      Self.floats("layer.weight.scale", weightScales, [channels]),
    ]
    if let bias { entries.append(Self.floats("layer.bias", bias, [channels])) }
    entries += Self.quantization("layer.input", input)
    if let residual { entries += Self.quantization("r.output", residual) }
    if let output {
      y = b.layer("next", .convolution(Convolution(channels, 1, kernel: 1, hasBias: false)), y)
      entries += [
        Self.integers("next.weight", [Int8](repeating: 0, count: channels), [1, channels, 1, 1]),
        Self.floats("next.weight.scale", [1], [1]),
      ]
      entries += Self.quantization("next.input", output)
    }
    let program = Program(deploying: b.finish(["y": y]))
    compiled = ReferenceBackend(threads: 1).compile(
      try BoundProgram(program, precision: .int8, weights: try TensorArchive(entries)))
  }

  /// The convolution's value for these inputs.
  func run(_ inputs: FloatTensor...) throws -> FloatTensor {
    try compiled.run(step: step, inputs: inputs)
  }

  private static func floats(
    _ name: String, _ values: [Float], _ shape: Shape
  ) -> TensorArchive.Entry {
    .init(name: name, tensor: Tensor(FloatTensor(shape: shape, values: values)))
  }

  private static func integers(
    _ name: String, _ values: [Int8], _ shape: Shape
  ) -> TensorArchive.Entry {
    .init(name: name, tensor: Tensor(bitPatterns: values, elementType: .int8, shape: shape))
  }

  private static func quantization(
    _ name: String, _ quantization: AffineQuantization
  ) -> [TensorArchive.Entry] {
    [
      floats("\(name).scale", [quantization.scale], []),
      .init(
        name: "\(name).zero_point",
        tensor: Tensor(
          bitPatterns: [UInt8(truncatingIfNeeded: quantization.zeroPoint)],
          elementType: quantization.elementType, shape: [])),
    ]
  }
}
