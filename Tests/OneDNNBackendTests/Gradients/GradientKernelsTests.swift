import Differentiation
import Networks
import OneDNNBackend
import Tensors
import TestSupport
import Testing

/// Every operator and its gradients against plain loops in binary64.
@Suite struct GradientKernelsTests {
  /// Strides, windows, and channels that are those of colours, fill blocks, or do not; the last is
  /// large enough for Winograd's algorithm.
  private static let convolutions: [GradientCase] = [
    .convolution(Convolution(3, 16, kernel: 7, stride: 2, hasBias: false), images: 1),
    .convolution(Convolution(5, 16, kernel: 7, stride: 2, hasBias: true), images: 2),
    .convolution(Convolution(16, 2, kernel: 3, hasBias: true), images: 2),
    .convolution(Convolution(5, 2, kernel: 3, stride: 2, hasBias: true), images: 1),
    .convolution(Convolution(16, 80, kernel: 1, stride: 2, hasBias: false), images: 1),
    .convolution(Convolution(24, 40, kernel: 3, hasBias: true), images: 3),
    .convolution(
      Convolution(16, 32, kernel: 1, hasBias: true), images: 2, residual: 2, appliesReLU: true),
    .convolution(
      Convolution(16, 16, kernel: 3, hasBias: true), images: 1, residual: 3, appliesReLU: true),
    .convolution(Convolution(8, 6, kernel: 3, hasBias: false), images: 2, residual: 1),
    .convolution(Convolution(8, 16, kernel: 3, hasBias: false), images: 1, appliesReLU: true),
    .convolution(Convolution(32, 48, kernel: 3, hasBias: true), images: 2, size: [23, 27]),
  ]

  private static let others: [GradientCase] = [
    .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1), channels: 16),
    .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1), channels: 5),
    .maxPool(MaxPool(kernel: 2, stride: 2, padding: 0), channels: 2),
    .upsample(factor: 2, channels: 16), .upsample(factor: 4, channels: 2),
    .upsample(factor: 2, channels: 5, images: 1, residual: 2),
    .upsample(factor: 2, channels: 16, images: 2, residual: 1),
    .relu(channels: 16), .relu(channels: 5), .relu(channels: 1),
    .sum(channels: 16, images: [1, 3, 3]), .sum(channels: 5, images: [2, 1]),
    .sum(channels: 2, images: [3, 3]),
    .concatenate(channels: [16, 32], images: [2, 1]),
    .concatenate(channels: [3, 1, 1], images: [1, 2, 2]),
    .concatenate(channels: [16, 5, 16], images: [2, 2, 1]),
    .scaleAndShift(channels: 16), .scaleAndShift(channels: 5), .scaleAndShift(channels: 3),
    .batchNormalization(channels: 16), .batchNormalization(channels: 5),
    .batchNormalization(channels: 40),
    .quantized(.integers(range: -128...127, scale: 0.011, zeroPoint: -3)),
    .quantized(.integers(range: 0...15, scale: 0.13, zeroPoint: 4)),
    .quantized(.float16), .quantized(.bfloat16),
    .memoryRead(objects: 1, frames: 1, channels: [16, 32], size: [3, 5]),
    .memoryRead(objects: 3, frames: 2, channels: [5, 6], size: [8, 9]),
    .memoryRead(objects: 2, frames: 3, channels: [2, 17], size: [1, 1]),
  ]

  @Test(arguments: convolutions + others)
  func `an operator and its gradients agree with the plain loops`(_ gradients: GradientCase) throws
  {
    let expected = try gradients.results(on: PlainKernels<Double>())
    let found = try gradients.results(on: OneDNNGradientKernels(threads: 1))
    #expect(Set(found.keys) == Set(expected.keys))
    for (name, tensor) in expected {
      let result = try #require(found[name])
      #expect(result.shape == tensor.shape, "\(name)")
      #expect(result.relativeError(to: tensor) < 1e-5, "\(name)")
    }
  }

  @Test(arguments: convolutions + others)
  func `results do not depend on the number of threads`(_ gradients: GradientCase) throws {
    let one = try gradients.results(on: OneDNNGradientKernels(threads: 1))
    let many = try gradients.results(on: OneDNNGradientKernels(threads: 3))
    for (name, tensor) in one { #expect(many[name]?.bits == tensor.bits, "\(name)") }
  }

  @Test(arguments: convolutions)
  func `convolutions on bfloat16 operands round those alone, or are refused by name`(
    _ gradients: GradientCase
  ) throws {
    guard let kernels = try BFloat16Kernels.make(threads: 2) else { return }
    let expected = try gradients.results(on: PlainKernels<Double>())
    for (name, tensor) in try gradients.results(on: kernels) {
      let exact = try #require(expected[name])
      #expect(tensor.relativeError(to: exact) < 0.02, "\(name)")
    }
  }

  @Test func `a memory is handed back as it came, and its frames one by one`() throws {
    var generator = SeededGenerator(seed: 1)
    let kernels = try OneDNNGradientKernels(threads: 1)
    let memory = Numbers<Float>(.random([2, 5, 3, 2, 4], using: &generator))
    let value = try kernels.load(memory)
    #expect(kernels.shape(of: value) == memory.shape)
    #expect(try kernels.numbers(of: value) == memory)
    let frames = try (0..<3).map { try kernels.frame($0, of: value) }
    let plain = PlainKernels<Float>()
    for (index, frame) in frames.enumerated() {
      #expect(try kernels.numbers(of: frame) == plain.frame(index, of: memory))
    }
    #expect(try kernels.numbers(of: kernels.memory(of: frames)) == memory)
  }

  @Test func `the gradients of a memory read need nothing but the numbers of its result`() throws {
    var generator = SeededGenerator(seed: 2)
    let kernels = try OneDNNGradientKernels(threads: 1)
    func random(_ shape: Shape) throws -> OneDNNValue {
      try kernels.load(Numbers(.random(shape, using: &generator)))
    }
    let (keys, values) = (try random([2, 6, 2, 3, 4]), try random([2, 7, 2, 3, 4]))
    let (query, gradient) = (try random([1, 6, 3, 4]), try random([2, 7, 3, 4]))
    let result = try kernels.memoryRead(keys: keys, values: values, query: query)
    let again = try kernels.load(kernels.numbers(of: result))
    let (left, right) = (
      try kernels.memoryReadGradient(
        gradient, keys: keys, values: values, query: query, result: result),
      try kernels.memoryReadGradient(
        gradient, keys: keys, values: values, query: query, result: again)
    )
    #expect(try kernels.numbers(of: left.keys) == kernels.numbers(of: right.keys))
    #expect(try kernels.numbers(of: left.values) == kernels.numbers(of: right.values))
    #expect(try kernels.numbers(of: left.query) == kernels.numbers(of: right.query))
  }
}
