public import Tensors

/// A window that slides over the spatial dimensions of `[N, C, spatial...]`.
public struct SlidingWindow: Sendable, Hashable {
  /// The window's extents, one for each spatial dimension, as are all lists here.
  public let kernel: [Int]
  /// The steps between windows.
  public let strides: [Int]
  /// The steps between the elements under a window.
  public let dilations: [Int]
  /// What lies around the input before its first element.
  public let padsBefore: [Int]
  /// What lies around the input behind its last element.
  public let padsAfter: [Int]

  /// A window. The lists must have one length.
  public init(
    kernel: [Int], strides: [Int], dilations: [Int], padsBefore: [Int], padsAfter: [Int]
  ) {
    precondition(
      [strides, dilations, padsBefore, padsAfter].allSatisfy { $0.count == kernel.count })
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.padsBefore = padsBefore
    self.padsAfter = padsAfter
  }
}

/// A library's kernels for whole operators on binary32 numbers.
///
/// Every function answers nil where the library has no kernel for operands like these; the plain
/// loops that define the operator then take its place. Operands are either row-major or what a
/// function of the same library returned. `N` stands for images, `C` for channels.
public protocol OperatorKernels: Sendable {
  /// Cross-correlation of `x` `[N, C, spatial...]` with `weight` `[O, C / groups, kernel...]`.
  func convolution(
    _ x: any HeldTensor, weight: FloatTensor, bias: [Float]?, groups: Int, window: SlidingWindow
  ) throws -> (any HeldTensor)?

  /// The transpose of a convolution, `weight` `[C, O / groups, kernel...]`, with the spatial extents
  /// `output`; `window.padsAfter` follows from them.
  func transposedConvolution(
    _ x: any HeldTensor, weight: FloatTensor, bias: [Float]?, groups: Int, window: SlidingWindow,
    output: [Int]
  ) throws -> (any HeldTensor)?

  /// The sums of a convolution of 8-bit integers, `x` less `zeroPoint`, as `[N, O, spatial...]`.
  func integerConvolution(
    _ x: Tensor, zeroPoint: Int32, weight: Tensor, groups: Int, window: SlidingWindow
  ) throws -> [Int32]?

  /// The largest element under each window, whose spatial extents are `output`.
  func maxPool(
    _ x: any HeldTensor, window: SlidingWindow, output: [Int]
  ) throws -> (any HeldTensor)?

  /// The mean under each window; `countsPadding` says whether padding counts as zeros.
  func averagePool(
    _ x: any HeldTensor, window: SlidingWindow, countsPadding: Bool, output: [Int]
  ) throws -> (any HeldTensor)?

  /// `x * scale + shift` with a number of either for every channel of `[N, C, spatial...]`.
  func scaleAndShift(
    _ x: any HeldTensor, scale: [Float], shift: [Float]
  ) throws -> (any HeldTensor)?

  /// `max(x, 0)`.
  func relu(_ x: any HeldTensor) throws -> (any HeldTensor)?

  /// The sum of two tensors of one shape.
  func add(_ left: any HeldTensor, _ right: any HeldTensor) throws -> (any HeldTensor)?

  /// Tensors behind one another along the channels.
  func concatenateChannels(_ parts: [any HeldTensor]) throws -> (any HeldTensor)?

  /// Bilinear interpolation between half-pixel centres to the spatial extents `output`.
  func resizeBilinear(_ x: any HeldTensor, output: [Int]) throws -> (any HeldTensor)?

  /// The matrix products of `left` `[batch..., M, K]` and `right` `[batch..., K, N]`, whose batch
  /// dimensions are equal, or absent on one side.
  func matrixProduct(
    _ left: any HeldTensor, _ right: any HeldTensor
  ) throws -> (any HeldTensor)?

  /// The softmax along dimension `axis`.
  func softmax(_ x: any HeldTensor, axis: Int) throws -> (any HeldTensor)?
}
