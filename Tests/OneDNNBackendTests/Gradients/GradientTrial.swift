import Differentiation
import Networks
import Tensors
import TestSupport

/// Makes random inputs, the same for all kernels, and records what these make of them.
struct GradientTrial<Kernels: DifferentiableKernels> {
  typealias Scalar = Kernels.Scalar
  typealias Value = Kernels.Value

  private(set) var results: [String: FloatTensor] = [:]
  private let kernels: Kernels
  private var generator = SeededGenerator(seed: 7)

  init(_ kernels: Kernels) { self.kernels = kernels }

  /// An image, or a memory, of numbers from -2 to 2; all of them multiples of `step`, if it is said.
  mutating func image(_ extents: [Int], multiplesOf step: Float? = nil) throws -> Value {
    var tensor = FloatTensor.random(Shape(extents), in: -2...2, using: &generator)
    if let step { tensor.values = tensor.values.map { ($0 / step).rounded() * step } }
    return try kernels.load(Numbers(tensor))
  }

  /// An image of the shape of `value`.
  mutating func image(like value: Value) throws -> Value {
    try image(kernels.shape(of: value).dimensions)
  }

  /// Numbers, one a channel.
  mutating func numbers(_ count: Int) -> [Scalar] {
    Numbers<Scalar>(.random([count], using: &generator)).values
  }

  /// Remembers the numbers of `value`, which it returns.
  @discardableResult
  mutating func record(_ name: String, _ value: Value) throws -> Value {
    results[name] = try kernels.numbers(of: value).floats
    return value
  }

  mutating func record(_ name: String, _ values: [Scalar]) {
    results[name] = Numbers(shape: [values.count], values: values).floats
  }

  mutating func record(_ gradients: StepGradients<Scalar>) {
    results["weight"] = gradients.weight.floats
    if let bias = gradients.bias { record("bias", bias) }
  }

  /// A convolution of images of `size` and all its gradients.
  mutating func convolution(
    _ geometry: Convolution, _ images: Int, _ residual: Int?, _ appliesReLU: Bool, _ size: [Int]
  ) throws {
    let x = try image([images, geometry.inputChannels] + size)
    let weight = FloatTensor.random(geometry.kernelShape, using: &generator)
    let bias = geometry.hasBias ? numbers(geometry.outputChannels) : nil
    let kernel = try kernels.kernel(weight: Numbers(weight), bias: bias, geometry)
    let output = [geometry.outputChannels] + size.map(geometry.outputSize)
    let addend = try residual.map { try image([$0] + output) }
    try record(
      "result",
      kernels.convolution(x, kernel, residual: addend, appliesReLU: appliesReLU))
    let gradient = try image([images] + output)
    try record(
      "x",
      kernels.convolutionGradient(
        gradient, kernel, input: Shape([images, geometry.inputChannels] + size)))
    record(
      try kernels.convolutionGradients(gradient, x, geometry, hasBias: geometry.hasBias))
  }
}
