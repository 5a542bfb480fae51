import COneDNN
import Networks
import Quantization

/// What a convolution computes on instead of the images that it is given, which lie row-major.
///
/// oneDNN knows neither a normalization of a source nor padding other than 0.
struct ImageOperand {
  /// What happens to images.
  enum Preparation {
    /// `(x - mean) / deviation` by channel, rounded to a storage.
    case normalized(mean: [Float], deviation: [Float], as: Storage)
    /// Integers with these around them, by channel.
    case padded([Int32])
  }

  /// How the images lie.
  let source: MemoryDescriptor
  /// How the result lies: row-major real numbers, or integers channels last.
  let result: MemoryDescriptor

  private let preparation: Preparation
  private let before: Int

  /// Prepares one object's images `shape` `[1, C, H, W]` for `geometry`; the elements of the result
  /// are of `type`.
  init(
    _ preparation: Preparation, _ geometry: Convolution, shape: [Int], type: dnnl_data_type_t
  ) throws(LibraryFailure) {
    self.preparation = preparation
    before = geometry.padding
    switch preparation {
    case .normalized:
      source = try MemoryDescriptor(shape, dnnl_f32, .plain)
      result = try MemoryDescriptor(shape, type, .plain)
    case .padded:
      source = try MemoryDescriptor(shape, type, .plain)
      let size = shape[2...].map { $0 + 2 * geometry.padding }
      result = try MemoryDescriptor(shape[..<2] + size, type, .channelsLast)
    }
  }

  /// Writes the result.
  func run(_ images: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
    switch preparation {
    case .padded(let padding):
      unsafe pad(
        images.assumingMemoryBound(to: UInt8.self), to: target.assumingMemoryBound(to: UInt8.self),
        padding.map { UInt8(truncatingIfNeeded: $0) })
    case .normalized(let mean, let deviation, let storage):
      let numbers = unsafe images.assumingMemoryBound(to: Float.self)
      switch storage {
      case .bfloat16 where result.type == dnnl_bf16:
        unsafe normalize(
          numbers, to: target.assumingMemoryBound(to: BFloat16Bits.self), mean, deviation)
      case .bfloat16:
        unsafe normalize(
          numbers, to: target.assumingMemoryBound(to: RoundedToBFloat16.self), mean, deviation)
      case .float16:
        unsafe normalize(
          numbers, to: target.assumingMemoryBound(to: RoundedToBinary16.self), mean, deviation)
      case .float32, .quantized:
        unsafe normalize(numbers, to: target.assumingMemoryBound(to: Float.self), mean, deviation)
      }
    }
  }

  private func normalize<Element: FrameNumber>(
    _ images: UnsafePointer<Float>, to target: UnsafeMutablePointer<Element>, _ mean: [Float],
    _ deviation: [Float]
  ) {
    let (channels, height, width) = (
      source.dimensions[1], source.dimensions[2], source.dimensions[3]
    )
    Team.forEach(channels * height) { line in
      let (mean, deviation) = (mean[line / height], deviation[line / height])
      for index in line * width..<(line + 1) * width {
        unsafe target[index] = unsafe Element((images[index] - mean) / deviation)
      }
    }
  }

  private func pad(
    _ images: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, _ padding: [UInt8]
  ) {
    let (channels, height, width) = (
      source.dimensions[1], source.dimensions[2], source.dimensions[3]
    )
    let (rows, columns) = (result.dimensions[2], result.dimensions[3])
    Team.forEach(rows) { row in
      let line = unsafe target + row * columns * channels
      let y = row - before
      for channel in 0..<channels {
        let outside = padding[channel]
        guard (0..<height).contains(y) else {
          for column in 0..<columns { unsafe line[column * channels + channel] = outside }
          continue
        }
        for column in 0..<before {
          unsafe line[column * channels + channel] = outside
          unsafe line[(columns - 1 - column) * channels + channel] = outside
        }
        let from = unsafe images + (channel * height + y) * width
        let to = unsafe line + before * channels + channel
        for column in 0..<width { unsafe to[column * channels] = unsafe from[column] }
      }
    }
  }
}
