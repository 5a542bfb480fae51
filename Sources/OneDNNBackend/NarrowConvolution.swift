import COneDNN
import Execution
import Networks

/// A convolution to so few channels that oneDNN would fill its blocks with zeros: a 1x1 convolution
/// to the products of every tap of the window, which are then added up where they belong.
///
/// The result is binary32, row-major.
struct NarrowConvolution: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  private let products: Kernel
  private let geometry: Convolution
  private let bias: [Float]
  private let tapChannels: Int
  private let block = Processor.channelBlock

  /// Whether `geometry` is worth it: the taps of all output channels fill at most two blocks.
  static func suits(_ geometry: Convolution) -> Bool {
    geometry.stride == 1 && geometry.kernel > 1
      && geometry.kernel * geometry.kernel * geometry.outputChannels <= 2 * Processor.channelBlock
      && geometry.inputChannels % Processor.channelBlock == 0
  }

  /// For one object's input `shape` `[1, C, H, W]`, whose elements are of `type`; `weight`
  /// `[out, in, k, k]`.
  init(
    _ geometry: Convolution, layer: String, weight: [Float], bias: [Float]?,
    type: dnnl_data_type_t, shape: [Int], packed: PackedWeights, on engine: Engine
  ) throws(LibraryFailure) {
    self.geometry = geometry
    self.bias = bias ?? [Float](repeating: 0, count: geometry.outputChannels)
    let (taps, channels) = (geometry.kernel * geometry.kernel, geometry.inputChannels)
    let count = taps * geometry.outputChannels
    tapChannels = count.roundedUp(to: block)
    let source = try MemoryDescriptor(shape, type, .blocked)
    let made = try MemoryDescriptor([1, count] + shape[2...], dnnl_f32, .blocked)
    output = try MemoryDescriptor(
      [1, geometry.outputChannels] + shape[2...], dnnl_f32, .plain)
    inputs = [source]
    let descriptor = try PrimitiveDescriptor(
      SlidingWindow.point.convolution(
        from: source, weights: try MemoryDescriptor([count, channels, 1, 1], type, .any),
        bias: .none, to: made), on: engine)
    let weights = try packed.weights(
      of: layer, as: descriptor.layout(of: dnnl_query_weights_md)
    ) { layout throws(LibraryFailure) in
      var taken = [Float](repeating: 0, count: weight.count)
      for (index, value) in weight.enumerated() {
        let (kernel, tap) = index.quotientAndRemainder(dividingBy: taps)
        let (output, input) = kernel.quotientAndRemainder(dividingBy: channels)
        taken[(tap * geometry.outputChannels + output) * channels + input] = value
      }
      let plain = try MemoryDescriptor([count, channels, 1, 1], dnnl_f32, .plain)
      return try Constant(DNNL_ARG_FROM, plain, taken).reordered(
        DNNL_ARG_WEIGHTS, to: layout, on: engine)
    }
    products = try Kernel(
      descriptor, inputs: [(DNNL_ARG_SRC, source)], output: (DNNL_ARG_DST, made),
      constants: [weights], on: engine)
  }

  var workspaceByteCount: Int { productByteCount + products.workspaceByteCount }

  private var productByteCount: Int {
    let pixels = output.dimensions[2] * output.dimensions[3]
    return (tapChannels * pixels * MemoryLayout<Float>.size).roundedUp(to: 64)
  }

  func run(_ operands: StepOperands) throws(LibraryFailure) {
    try unsafe products.run(
      StepOperands(
        operands.inputs, operands.workspace, operands.workspace + productByteCount))
    let (height, width) = (output.dimensions[2], output.dimensions[3])
    let made = unsafe operands.workspace.assumingMemoryBound(to: Float.self)
    let result = unsafe operands.output.assumingMemoryBound(to: Float.self)
    let (outputs, kernel, padding) = (geometry.outputChannels, geometry.kernel, geometry.padding)
    Team.forEach(height) { y in
      for output in 0..<outputs {
        let line = unsafe result + (output * height + y) * width
        for x in 0..<width { unsafe line[x] = bias[output] }
        for tap in 0..<kernel * kernel {
          let (dy, dx) = (tap / kernel - padding, tap % kernel - padding)
          guard y + dy >= 0, y + dy < height else { continue }
          let channel = tap * outputs + output
          let plane = channel / block * height * width
          let from =
            unsafe made + (plane + (y + dy) * width + dx) * block + channel % block
          for x in max(0, -dx)..<max(0, -dx, min(width, width - dx)) {
            unsafe line[x] += unsafe from[x * block]
          }
        }
      }
    }
  }
}
