import Differentiation
import Networks
import Tensors
import Testing

/// An operator and its gradients on random inputs.
enum GradientCase: Sendable, CustomTestStringConvertible {
  /// A convolution of `images` images, with a residual of so many images, if any.
  case convolution(
    Convolution, images: Int, residual: Int? = nil, appliesReLU: Bool = false, size: [Int] = size)
  case maxPool(MaxPool, channels: Int)
  case upsample(factor: Int, channels: Int, images: Int = 1, residual: Int? = nil)
  case relu(channels: Int)
  case sum(channels: Int, images: [Int])
  case concatenate(channels: [Int], images: [Int])
  case scaleAndShift(channels: Int)
  case batchNormalization(channels: Int)
  case quantized(FakeQuantization<Float>.Target)
  case memoryRead(objects: Int, frames: Int, channels: [Int], size: [Int])

  /// The extents of images where a case does not say them: odd, and of no vector's length.
  private static let size = [7, 11]

  /// The results and the gradients of the case on `kernels`, by name.
  func results<Kernels: DifferentiableKernels>(
    on kernels: Kernels
  ) throws -> [String: FloatTensor] {
    var trial = GradientTrial(kernels)
    switch self {
    case .convolution(let geometry, let images, let residual, let appliesReLU, let size):
      try trial.convolution(geometry, images, residual, appliesReLU, size)
    case .maxPool(let pool, let channels):
      // Few different numbers, so that windows hold several that are largest.
      let x = try trial.image([2, channels] + Self.size, multiplesOf: 0.5)
      let result = try trial.record("result", kernels.maxPool(x, pool))
      let gradient = try trial.image(like: result)
      try trial.record("x", kernels.maxPoolGradient(gradient, x, pool))
    case .upsample(let factor, let channels, let images, let residual):
      let x = try trial.image([images, channels] + Self.size)
      let larger = Self.size.map { factor * $0 }
      let addend = try residual.map { try trial.image([$0, channels] + larger) }
      let result = try trial.record(
        "result", kernels.upsample(x, by: factor, residual: addend))
      let gradient = try trial.image(like: result)
      try trial.record("x", kernels.upsampleGradient(gradient, by: factor))
    case .relu(let channels):
      let x = try trial.image([2, channels] + Self.size, multiplesOf: 0.5)
      let result = try trial.record("result", kernels.relu(x))
      try trial.record(
        "x", kernels.reluGradient(try trial.image(like: result), result: result))
    case .sum(let channels, let images):
      let terms = try images.map { try trial.image([$0, channels] + Self.size) }
      let sum = try trial.record("result", kernels.sum(terms))
      try trial.record("over images", kernels.summedOverImages(sum))
    case .concatenate(let channels, let images):
      let parts = try zip(images, channels).map { try trial.image([$0, $1] + Self.size) }
      let whole = try trial.record("result", kernels.concatenate(parts))
      var first = 0
      for count in channels {
        try trial.record("part \(first)", kernels.channels(first..<first + count, of: whole))
        first += count
      }
    case .scaleAndShift(let channels):
      let x = try trial.image([2, channels] + Self.size)
      let (scale, shift) = (trial.numbers(channels), trial.numbers(channels))
      let result = try trial.record(
        "result", kernels.scaleAndShift(x, scale: scale, shift: shift))
      try trial.record(kernels.scaleAndShiftGradients(try trial.image(like: result), x))
    case .batchNormalization(let channels):
      let x = try trial.image([2, channels] + Self.size)
      let (scale, shift) = (trial.numbers(channels), trial.numbers(channels))
      let (value, moments) = try kernels.batchNormalization(
        x, scale: scale, shift: shift, epsilon: 1e-5)
      let result = try trial.record("result", value)
      trial.record("mean", moments.mean)
      trial.record("variance", moments.variance)
      let (input, parameters) = try kernels.batchNormalizationGradient(
        try trial.image(like: result), x, scale: scale, moments: moments, epsilon: 1e-5)
      try trial.record("x", input)
      trial.record(parameters)
    case .quantized(let target):
      let x = try trial.image([2, 5] + Self.size)
      let quantization = FakeQuantization<Kernels.Scalar>(target)
      let result = try trial.record("result", kernels.quantized(x, quantization))
      let (input, scale) = try kernels.quantizationGradient(
        try trial.image(like: result), x, quantization)
      try trial.record("x", input)
      trial.record("scale", [scale])
    case .memoryRead(let objects, let frames, let channels, let size):
      let keys = try trial.image([objects, channels[0], frames] + size)
      let values = try trial.image([objects, channels[1], frames] + size)
      let query = try trial.image([1, channels[0]] + size)
      let result = try trial.record(
        "result", kernels.memoryRead(keys: keys, values: values, query: query))
      let gradients = try kernels.memoryReadGradient(
        try trial.image(like: result), keys: keys, values: values, query: query, result: result)
      try trial.record("keys", gradients.keys)
      try trial.record("values", gradients.values)
      try trial.record("query", kernels.summedOverImages(gradients.query))
    }
    return trial.results
  }

  var testDescription: String { "\(self)" }
}

extension FakeQuantization {
  /// A rounding to a target of binary32 numbers.
  fileprivate init(_ target: FakeQuantization<Float>.Target) {
    switch target {
    case .integers(let range, let scale, let zeroPoint):
      self.init(.integers(range: range, scale: Scalar(scale), zeroPoint: zeroPoint))
    case .float16: self.init(Target.float16)
    case .bfloat16: self.init(Target.bfloat16)
    }
  }
}
