import Execution

/// One spatial dimension under a window that slides over it.
///
/// Tap `k` of the window at place `o` lies on element `o * stride + k * dilation - padBefore`.
struct WindowAxis: Sendable {
  /// The extent of what the window slides over.
  let input: Int
  /// The number of places of the window.
  let output: Int
  /// The number of taps of the window.
  let kernel: Int
  let stride: Int
  let dilation: Int
  let padBefore: Int
  let padAfter: Int

  /// A dimension of extent 1 under a window of one tap.
  static let single = WindowAxis(
    input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, padBefore: 0, padAfter: 0)

  /// The largest extent, step and padding that is taken; products of two then fit in an `Int`.
  static let limit = 1 << 30

  /// The element under tap `tap` of the window at place `output`; it may lie in the padding.
  func element(_ output: Int, _ tap: Int) -> Int { output * stride + tap * dilation - padBefore }

  /// The places at which tap `tap` lies on an element.
  func outputs(under tap: Int) -> Range<Int> {
    let first = element(0, tap)
    let lower = first >= 0 ? 0 : Self.quotient(-first, roundedUpBy: stride)
    let upper = first >= input ? 0 : min(output, (input - 1 - first) / stride + 1)
    return lower..<max(lower, upper)
  }

  /// The taps that lie on an element at some place.
  var taps: Range<Int> {
    let lower = max(0, Self.quotient(-element(output - 1, 0), roundedUpBy: dilation))
    let upper = input == 0 || output == 0 ? 0 : min(kernel, (input - 1 + padBefore) / dilation + 1)
    return lower..<max(lower, upper)
  }

  /// How many taps of the window at place `output` lie on elements of `range`.
  func tapCount(_ output: Int, on range: Range<Int>) -> Int {
    let start = element(output, 0)
    let lower = max(0, Self.quotient(range.lowerBound - start, roundedUpBy: dilation))
    let upper = min(kernel, Self.quotient(range.upperBound - start, roundedUpBy: dilation))
    return max(0, upper - lower)
  }

  /// Whether the last window reaches beyond the padding.
  var overhangs: Bool { element(output - 1, kernel - 1) >= input + padAfter }

  /// `value / divisor`, rounded up, for a positive `divisor`.
  static func quotient(_ value: Int, roundedUpBy divisor: Int) -> Int {
    value > 0 ? (value - 1) / divisor + 1 : value / divisor
  }
}

/// All places of a window over one plane: `[depth, height, width]`, of which the first one or two
/// are of extent 1 where the plane has fewer dimensions.
struct Windows: Sendable {
  let depth: WindowAxis
  let height: WindowAxis
  let width: WindowAxis
  /// How many dimensions the plane has: 1 to 3.
  let rank: Int

  /// The window over `axes`, 1 to 3 of them.
  init(_ axes: [WindowAxis]) {
    let all = [WindowAxis](repeating: .single, count: 3 - axes.count) + axes
    (depth, height, width) = (all[0], all[1], all[2])
    rank = axes.count
  }

  /// The dimensions, outermost first.
  var axes: [WindowAxis] { Array([depth, height, width].suffix(rank)) }

  /// The extents of the result.
  var output: [Int] { axes.map(\.output) }

  /// The number of elements of a plane of the input.
  var inputCount: Int { depth.input * height.input * width.input }

  /// The number of places of the window.
  var outputCount: Int { depth.output * height.output * width.output }

  /// The number of taps of the window.
  var tapCount: Int { depth.kernel * height.kernel * width.kernel }

  /// The window as kernels take it.
  var sliding: SlidingWindow {
    SlidingWindow(
      kernel: axes.map(\.kernel), strides: axes.map(\.stride), dilations: axes.map(\.dilation),
      padsBefore: axes.map(\.padBefore), padsAfter: axes.map(\.padAfter))
  }

  /// One tap of a window.
  struct Tap {
    let depth: Int
    let height: Int
    let width: Int
    /// Its place in the window, row-major.
    let index: Int
  }

  /// Calls `body` for each tap that lies on an element at some place, row-major.
  @inline(__always)
  func forEachTap(_ body: (Tap) -> Void) {
    for z in depth.taps where !depth.outputs(under: z).isEmpty {
      for y in height.taps where !height.outputs(under: y).isEmpty {
        for x in width.taps where !width.outputs(under: x).isEmpty {
          let index = (z * height.kernel + y) * width.kernel + x
          body(Tap(depth: z, height: y, width: x, index: index))
        }
      }
    }
  }

  /// The rows of the result, `depth.output * height.output` of them.
  var rows: Range<Int> { 0..<depth.output * height.output }

  /// Calls `body` for each stretch of a row of `rows` on which `tap` lies on elements: with the
  /// first element, from which they follow in steps of `width.stride`, the first place, and the
  /// number of both.
  @inline(__always)
  func forEachRun(
    _ tap: Tap, rows: Range<Int>, _ body: (_ element: Int, _ place: Int, _ count: Int) -> Void
  ) {
    let columns = width.outputs(under: tap.width)
    guard !columns.isEmpty, let first = rows.first, let last = rows.last else { return }
    let column = width.element(columns.lowerBound, tap.width)
    let planes = first / height.output..<last / height.output + 1
    let lines = height.outputs(under: tap.height)
    for z in depth.outputs(under: tap.depth).clamped(to: planes) {
      let plane = depth.element(z, tap.depth) * height.input
      let start = z * height.output
      for y in lines.clamped(to: first - start..<last - start + 1) {
        body(
          (plane + height.element(y, tap.height)) * width.input + column,
          (start + y) * width.output + columns.lowerBound, columns.count)
      }
    }
  }
}
