import STMModel
public import Tensors

/// Zeros around a frame or mask, so that both sides are multiples of 16.
///
/// The smaller half of the padding is on the left and on top, as in the published code.
public struct FramePadding: Sendable, Hashable {
  /// The unpadded size in pixels.
  public let height: Int, width: Int
  /// Rows of zeros above the picture.
  public let top: Int
  /// Columns of zeros to its left.
  public let left: Int
  /// The padded size in pixels.
  public let paddedHeight: Int, paddedWidth: Int

  /// The padding of pictures of `height` x `width` pixels.
  public init(height: Int, width: Int) {
    func padding(_ size: Int) -> Int {
      let grid = STMConfiguration.alignment
      return (grid - size % grid) % grid
    }
    self.height = height
    self.width = width
    top = padding(height) / 2
    left = padding(width) / 2
    paddedHeight = height + padding(height)
    paddedWidth = width + padding(width)
  }

  /// `image` `[N, C, height, width]` with zeros around it.
  public func pad(_ image: FloatTensor) -> FloatTensor {
    precondition(image.shape[2] == height && image.shape[3] == width, "\(image.shape)")
    guard paddedHeight > height || paddedWidth > width else { return image }
    var padded = FloatTensor(zeros: [image.shape[0], image.shape[1], paddedHeight, paddedWidth])
    for plane in 0..<image.shape[0] * image.shape[1] {
      for row in 0..<height {
        let source = (plane * height + row) * width
        let target = (plane * paddedHeight + top + row) * paddedWidth + left
        padded.values.replaceSubrange(
          target..<target + width, with: image.values[source..<source + width])
      }
    }
    return padded
  }

  /// The inside of `image` `[N, C, paddedHeight, paddedWidth]`, without the padding.
  public func crop(_ image: FloatTensor) -> FloatTensor {
    precondition(image.shape[2] == paddedHeight && image.shape[3] == paddedWidth, "\(image.shape)")
    guard paddedHeight > height || paddedWidth > width else { return image }
    var values: [Float] = []
    values.reserveCapacity(image.shape[0] * image.shape[1] * height * width)
    for plane in 0..<image.shape[0] * image.shape[1] {
      for row in 0..<height {
        let start = (plane * paddedHeight + top + row) * paddedWidth + left
        values += image.values[start..<start + width]
      }
    }
    return FloatTensor(shape: [image.shape[0], image.shape[1], height, width], values: values)
  }
}
