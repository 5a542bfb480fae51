public import Tensors

/// What a layer of a network does; shapes are `[N, C, H, W]`.
///
/// Inputs whose `N` is 1 are broadcast to the other inputs' `N`: what depends on the frame alone
/// runs once, however many objects there are.
public enum LayerOperation: Sendable, Hashable {
  /// `(x - mean) / std` by channel of an image, whose elements are from 0 to 1; both
  /// `[1, channels, 1, 1]` and parameters of `module`.
  case normalize(module: String, channels: Int)
  /// A two-dimensional cross-correlation.
  case convolution(Convolution)
  /// `(x - running_mean) / sqrt(running_var + epsilon) * weight + bias` by channel.
  case batchNormalization(BatchNormalization)
  /// `max(x, 0)`.
  case relu
  /// The largest element under a square window; padding never wins.
  case maxPool(MaxPool)
  /// The sum of the inputs, from the first to the last.
  case add
  /// Bilinear, half-pixel centres (`align_corners` false), by a whole factor.
  case upsample(factor: Int)
  /// The inputs behind one another along `C`.
  case concatenate
  /// Space-time memory read (Oh et al., ICCV 2019, section 3.2).
  ///
  /// Inputs: memory keys `[N, K, T, H, W]`, memory values `[N, V, T, H, W]`, query key
  /// `[1, K, H, W]`; output `[N, V, H, W]`: for each query position the values weighted by the
  /// softmax over `T·H·W` of the keys' dot products divided by `sqrt(K)`.
  case memoryRead
}

/// The geometry of a convolution with a square kernel, as in PyTorch's `Conv2d`.
public struct Convolution: Sendable, Hashable {
  /// `C` of the input.
  public let inputChannels: Int
  /// `C` of the output.
  public let outputChannels: Int
  /// Height and width of the kernel.
  public let kernel: Int
  /// The step between output positions, in input pixels.
  public let stride: Int
  /// Rows and columns of zeros on each side of the input.
  public let padding: Int
  /// Whether the layer has a bias of its own.
  public let hasBias: Bool

  /// The same convolution of `inputChannels` channels.
  func reading(_ inputChannels: Int) -> Convolution {
    Convolution(
      inputChannels, outputChannels, kernel: kernel, stride: stride, hasBias: hasBias)
  }

  /// A convolution; the padding keeps the size at stride 1 (`kernel / 2`).
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: Int, stride: Int = 1, hasBias: Bool
  ) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = kernel / 2
    self.hasBias = hasBias
  }

  /// The shape of the kernel: `[out, in, kh, kw]`.
  public var kernelShape: Shape { [outputChannels, inputChannels, kernel, kernel] }

  /// The extent of the output along a dimension of extent `size`.
  public func outputSize(_ size: Int) -> Int { (size + 2 * padding - kernel) / stride + 1 }
}

/// Batch normalization with frozen statistics.
public struct BatchNormalization: Sendable, Hashable {
  /// The number of channels.
  public let channels: Int
  /// Added to the variance; PyTorch's default is 1e-5.
  public let epsilon: Double

  /// Batch normalization of `channels` channels.
  public init(channels: Int, epsilon: Double = 1e-5) {
    self.channels = channels
    self.epsilon = epsilon
  }
}

/// The geometry of a max pooling with a square window.
public struct MaxPool: Sendable, Hashable {
  /// Height and width of the window.
  public let kernel: Int
  /// The step between output positions, in input pixels.
  public let stride: Int
  /// Rows and columns on each side that hold nothing.
  public let padding: Int

  /// A max pooling.
  public init(kernel: Int, stride: Int, padding: Int) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// The extent of the output along a dimension of extent `size`.
  public func outputSize(_ size: Int) -> Int { (size + 2 * padding - kernel) / stride + 1 }
}
