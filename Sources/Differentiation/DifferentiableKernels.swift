public import Networks
public import Tensors

/// Operators and their gradients: what ``DifferentiableProgram`` is made of.
///
/// A gradient method is given the gradient of a scalar by the operator's result and returns that by
/// one of its operands. Values are images `[N, C, H, W]` or memories `[N, C, T, H, W]`, laid out as
/// the kernels like it, and immutable. Operands whose `N` is 1 are broadcast where it is said; what
/// is handed back for them is then as large as the result, and ``summedOverImages(_:)`` makes it fit.
///
/// ``PlainKernels`` are the meaning; others are held against them. Methods throw `ExecutionError`.
public protocol DifferentiableKernels<Scalar>: SendableMetatype {
  /// The numbers that are computed with.
  associatedtype Scalar: Real
  /// A value.
  associatedtype Value
  /// A convolution's parameters, packed for any number of runs.
  associatedtype Kernel

  /// The dimensions of `value`.
  func shape(of value: Value) -> Shape
  /// The value of `numbers`.
  func load(_ numbers: Numbers<Scalar>) throws -> Value
  /// The numbers of `value`, row-major.
  func numbers(of value: Value) throws -> Numbers<Scalar>

  /// The parameters of a convolution of geometry `geometry`: `weight` `[out, in, kh, kw]` and
  /// `bias` `[out]`.
  func kernel(
    weight: Numbers<Scalar>, bias: [Scalar]?, _ geometry: Convolution
  ) throws -> Kernel
  /// The convolution of `x`, plus `residual` if there is one, `max(_, 0)` of that if `appliesReLU`;
  /// the convolution or the residual is broadcast.
  func convolution(
    _ x: Value, _ kernel: Kernel, residual: Value?, appliesReLU: Bool
  ) throws -> Value
  /// The gradient by the convolution's input, which is of `shape`.
  func convolutionGradient(
    _ gradient: Value, _ kernel: Kernel, input shape: Shape
  ) throws -> Value
  /// The gradients by the kernel and, if `hasBias`, the bias of a convolution of `x`.
  func convolutionGradients(
    _ gradient: Value, _ x: Value, _ geometry: Convolution, hasBias: Bool
  ) throws -> StepGradients<Scalar>

  /// `x * scale + shift` by channel.
  func scaleAndShift(_ x: Value, scale: [Scalar], shift: [Scalar]) throws -> Value
  /// The gradients by `scale` and `shift` of ``scaleAndShift(_:scale:shift:)`` of `x`.
  func scaleAndShiftGradients(_ gradient: Value, _ x: Value) throws -> StepGradients<Scalar>
  /// `(x - mean) / sqrt(variance + epsilon) * scale + shift` with the moments of `x` itself.
  func batchNormalization(
    _ x: Value, scale: [Scalar], shift: [Scalar], epsilon: Double
  ) throws -> (result: Value, moments: BatchMoments<Scalar>)
  /// The gradients of ``batchNormalization(_:scale:shift:epsilon:)`` by `x` and by scale and shift.
  func batchNormalizationGradient(
    _ gradient: Value, _ x: Value, scale: [Scalar], moments: BatchMoments<Scalar>, epsilon: Double
  ) throws -> (input: Value, parameters: StepGradients<Scalar>)

  /// `max(x, 0)`.
  func relu(_ x: Value) throws -> Value
  /// The gradient by a ReLU's input, given its `result`: 0 wherever that is not positive.
  func reluGradient(_ gradient: Value, result: Value) throws -> Value
  /// The largest element under each window.
  func maxPool(_ x: Value, _ pool: MaxPool) throws -> Value
  /// The gradient by the input `x` of a pooling: each window's goes to its first largest element.
  func maxPoolGradient(_ gradient: Value, _ x: Value, _ pool: MaxPool) throws -> Value
  /// Bilinear with half-pixel centres, plus `residual` if there is one; either is broadcast.
  func upsample(_ x: Value, by factor: Int, residual: Value?) throws -> Value
  /// The gradient by an upsampling's input.
  func upsampleGradient(_ gradient: Value, by factor: Int) throws -> Value
  /// The sum of `terms`, from the first to the last, each broadcast.
  func sum(_ terms: [Value]) throws -> Value
  /// The sum of `value` over its images: `[1, C, H, W]`.
  func summedOverImages(_ value: Value) throws -> Value
  /// `parts` behind one another along `C`, each broadcast.
  func concatenate(_ parts: [Value]) throws -> Value
  /// The channels `range` of `value`: the gradient by one part of a concatenation.
  func channels(_ range: Range<Int>, of value: Value) throws -> Value

  /// Images `[N, C, H, W]` of several frames as a memory `[N, C, T, H, W]`.
  func memory(of frames: [Value]) throws -> Value
  /// Frame `index` of a memory, as `[N, C, H, W]`.
  func frame(_ index: Int, of memory: Value) throws -> Value
  /// The space-time memory read (`LayerOperation.memoryRead`) of the whole memory.
  func memoryRead(keys: Value, values: Value, query: Value) throws -> Value
  /// The gradients of a memory read whose result was `result`, by its operands.
  func memoryReadGradient(
    _ gradient: Value, keys: Value, values: Value, query: Value, result: Value
  ) throws -> (keys: Value, values: Value, query: Value)

  /// `x` rounded as `quantization` says.
  func quantized(_ x: Value, _ quantization: FakeQuantization<Scalar>) throws -> Value
  /// The gradients of ``quantized(_:_:)`` by `x`, straight through inside the range and 0 outside,
  /// and by the scale.
  func quantizationGradient(
    _ gradient: Value, _ x: Value, _ quantization: FakeQuantization<Scalar>
  ) throws -> (input: Value, scale: Scalar)
}
