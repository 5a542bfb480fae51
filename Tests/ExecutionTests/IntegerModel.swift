import Execution
import Networks
import Quantization
import Tensors
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
    var entries: [TensorArchive.Entry] = [
      .integers(
        "layer.weight", weight,
        [channels, geometry.inputChannels, geometry.kernel, geometry.kernel]),
      .floats("layer.weight.scale", weightScales, [channels]),
    ]
    if let bias { entries.append(.floats("layer.bias", bias, [channels])) }
    entries += TensorArchive.Entry.quantization("layer.input", input)
    if let residual { entries += TensorArchive.Entry.quantization("r.output", residual) }
    if let output {
      y = b.layer("next", .convolution(Convolution(channels, 1, kernel: 1, hasBias: false)), y)
      entries += [
        .integers("next.weight", [Int8](repeating: 0, count: channels), [1, channels, 1, 1]),
        .floats("next.weight.scale", [1], [1]),
      ]
      entries += TensorArchive.Entry.quantization("next.input", output)
    }
    let program = Program(deploying: b.finish(["y": y]))
    compiled = ReferenceBackend(threads: 1).compile(
      try BoundProgram(program, precision: .int8, weights: try TensorArchive(entries)))
  }

  /// The convolution's value for these inputs.
  func run(_ inputs: FloatTensor...) throws -> FloatTensor {
    try compiled.run(step: step, inputs: inputs)
  }
}
