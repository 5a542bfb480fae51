public import Networks
public import Tensors

/// Operators and their gradients in plain loops: slow, and the meaning of every gradient.
///
/// Values are row-major. Sums are accumulated in `Scalar`, so that binary64 is what central
/// differences and faster kernels are held against. What is computed forwards is what
/// `ReferenceBackend` computes, but for the precision of its sums.
public struct PlainKernels<Scalar: Real>: DifferentiableKernels {
  /// A value: its numbers.
  public typealias Value = Numbers<Scalar>

  /// A convolution's parameters as they were given.
  public struct Kernel: Sendable {
    /// The kernel, `[out, in, kh, kw]`.
    let weight: Numbers<Scalar>
    /// What is added to each output channel, `[out]`.
    let bias: [Scalar]?
    /// Stride, padding and channels.
    let geometry: Convolution
  }

  /// Kernels, which keep nothing.
  public init() {}

  public func shape(of value: Value) -> Shape { value.shape }

  public func load(_ numbers: Numbers<Scalar>) -> Value { numbers }

  public func numbers(of value: Value) -> Numbers<Scalar> { value }

  public func kernel(
    weight: Numbers<Scalar>, bias: [Scalar]?, _ geometry: Convolution
  ) -> Kernel {
    precondition(weight.shape == geometry.kernelShape, "\(weight.shape)")
    precondition(bias.map { $0.count == geometry.outputChannels } ?? true, "\(bias?.count ?? 0)")
    return Kernel(weight: weight, bias: bias, geometry: geometry)
  }
}

extension Numbers {
  /// The elements of one channel of one image of `[N, C, H, W]`.
  var planeCount: Int { shape[2] * shape[3] }

  /// Where image `image` starts; that of all is the first, if there is but one.
  func start(ofImage image: Int) -> Int {
    shape[0] == 1 ? 0 : image * (values.count / shape[0])
  }
}
