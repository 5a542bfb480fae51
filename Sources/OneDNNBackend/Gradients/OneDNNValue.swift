public import Tensors

/// A value of ``OneDNNGradientKernels``: an image, or the frames of a memory, as oneDNN laid them
/// out. Immutable.
public final class OneDNNValue {
  /// `[N, C, H, W]`, or `[N, C, T, H, W]` of a memory.
  public let shape: Shape
  /// The image, or the frames of the memory, each `[N, C, H, W]`.
  let frames: [Value]
  /// The logarithms of the sums of exponentials of a memory read's similarities, `[N, H, W]`; nil:
  /// the value is no result of one.
  let logSums: Buffer?
  /// The image in other layouts in which it was read.
  private var others: [Value] = []

  /// An image.
  init(_ image: Value, logSums: Buffer? = nil) {
    shape = image.shape
    frames = [image]
    self.logSums = logSums
  }

  /// The memory of `frames`, which are of one shape; there is at least one.
  init(memory frames: [Value]) {
    let one = frames[0].shape.dimensions
    shape = Shape([one[0], one[1], frames.count, one[2], one[3]])
    self.frames = frames
    logSums = nil
  }

  /// An image or a memory, as `other` is, of as many `frames`.
  convenience init(_ frames: [Value], like other: OneDNNValue) {
    if other.shape.rank == 5 { self.init(memory: frames) } else { self.init(frames[0]) }
  }

  /// The image.
  var image: Value {
    precondition(shape.rank == 4, "\(shape) are the dimensions of a memory")
    return frames[0]
  }

  /// The number of images.
  var count: Int { shape[0] }

  /// The image as `descriptor` lays it out.
  func image(as descriptor: MemoryDescriptor, by store: ValueStore) throws -> Value {
    if let known = ([image] + others).first(where: { $0.descriptor == descriptor }) { return known }
    let converted = try store.convert(image, to: descriptor)
    others.append(converted)
    return converted
  }
}
