import COneDNN
import Execution
import Networks

/// The rearrangement of an image of one channel that turns a convolution at stride 2 into one at
/// stride 1: each square of 2x2 pixels becomes one pixel of four channels.
///
/// oneDNN multiplies input channels in groups, of which a mask would fill the first place alone.
struct SpaceToDepth {
  /// The extents of the image that results, `[1, 4, h, w]`.
  let shape: [Int]
  /// The window on it.
  let window: SlidingWindow
  /// The extents of the kernel on it, `[out, 4, kh, kw]`.
  let weightDimensions: [Int]

  private let geometry: Convolution
  private let size: [Int]

  /// The rearrangement of an image of extents `shape` `[1, 1, H, W]` for `geometry`; nil: this is
  /// another kind of convolution.
  init?(_ geometry: Convolution, shape: [Int]) {
    guard geometry.inputChannels == 1, geometry.stride == 2 else { return nil }
    self.geometry = geometry
    size = Array(shape[2...])
    let halves = size.map { ($0 + 1) / 2 }
    let first = (-geometry.padding) >> 1
    let last = (geometry.kernel - 1 - geometry.padding) >> 1
    let taps = last - first + 1
    let after = zip(size, halves).map { geometry.outputSize($0) + last - $1 }
    guard after.allSatisfy({ $0 >= 0 }) else { return nil }
    self.shape = [1, 4] + halves
    weightDimensions = [geometry.outputChannels, 4, taps, taps]
    window = SlidingWindow(
      kernel: [taps, taps], strides: [1, 1], dilations: [1, 1], padsBefore: [-first, -first],
      padsAfter: after)
  }

  /// The kernel `values` `[out, 1, k, k]` for the image that results.
  func weights<Element>(_ values: [Element], zero: Element) -> [Element] {
    let (kernel, taps) = (geometry.kernel, weightDimensions[2])
    var result = [Element](repeating: zero, count: weightDimensions.reduce(1, *))
    for (index, value) in values.enumerated() {
      let (output, tap) = index.quotientAndRemainder(dividingBy: kernel * kernel)
      // Where the tap stands from the square's first pixel, counted from the window's first square.
      let (y, x) = (tap / kernel + shift, tap % kernel + shift)
      let channel = 4 * output + 2 * (y % 2) + x % 2
      result[(channel * taps + y / 2) * taps + x / 2] = value
    }
    return result
  }

  /// Rearranges the row-major elements at `source`; channels last or row-major, as `layout` has the
  /// result. Pixels of the last squares that are not in the image are `outside`.
  func run<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutablePointer<Element>,
    isChannelsLast: Bool, outside: Element
  ) {
    let (height, width) = (size[0], size[1])
    let (rows, columns) = (shape[2], shape[3])
    let (pixel, plane) = isChannelsLast ? (4, 1) : (1, rows * columns)
    Team.forEach(rows) { row in
      for channel in 0..<4 {
        let (y, first) = (2 * row + channel / 2, channel % 2)
        let line = unsafe target + row * columns * pixel + channel * plane
        let inside = y < height ? (width - first + 1) / 2 : 0
        let from = unsafe source + min(y, height - 1) * width + first
        for column in 0..<inside { unsafe line[column * pixel] = unsafe from[2 * column] }
        for column in inside..<columns { unsafe line[column * pixel] = outside }
      }
    }
  }

  /// The distance from the window's first square to its first tap: a square may begin before it.
  private var shift: Int { 2 * window.padsBefore[0] - geometry.padding }
}
