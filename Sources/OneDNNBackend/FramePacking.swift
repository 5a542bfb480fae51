import COneDNN
import Quantization

/// Brings real numbers into the layout of a memory's frames, padding and rounding included.
///
/// oneDNN's reorders swap the dimensions of blocked images one element at a time.
struct FramePacking {
  private let layout: FrameLayout
  private let block = Processor.channelBlock

  /// Packs into `layout`, which holds real numbers.
  init(_ layout: FrameLayout) {
    precondition(layout.quantization == nil, "a frame of integers")
    self.layout = layout
  }

  /// Packs one object's binary32 numbers at `source`, channels last: `[E, C]`.
  func run(_ source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
    let numbers = unsafe source.assumingMemoryBound(to: Float.self)
    switch layout.storage {
    case .float16: unsafe pack(numbers, to: target.assumingMemoryBound(to: Binary16Bits.self))
    case .bfloat16: unsafe pack(numbers, to: target.assumingMemoryBound(to: BFloat16Bits.self))
    case .float32, .quantized:
      unsafe pack(numbers, to: target.assumingMemoryBound(to: Float.self))
    }
  }

  private func pack<Element: FrameNumber>(
    _ numbers: UnsafePointer<Float>, to result: UnsafeMutablePointer<Element>
  ) {
    let (channels, entries, lines) = (
      layout.dimensions[0], layout.entries, layout.paddedEntries
    )
    switch layout.role {
    case .keys:
      Team.forEach((channels + block - 1) / block) { index in
        let (first, count) = (index * block, min(block, channels - index * block))
        for entry in 0..<lines {
          let line = unsafe result + (index * lines + entry) * block
          let from = unsafe numbers + entry * channels + first
          for lane in 0..<block {
            unsafe line[lane] = Element(
              entry < entries && lane < count ? unsafe from[lane] : 0)
          }
        }
      }
    case .values:
      Team.forEach(lines / block) { index in
        let lines = unsafe result + index * channels * block
        for lane in 0..<block {
          let entry = index * block + lane
          let from = unsafe numbers + entry * channels
          for channel in 0..<channels {
            unsafe lines[channel * block + lane] =
              Element(entry < entries ? unsafe from[channel] : 0)
          }
        }
      }
    }
  }
}
