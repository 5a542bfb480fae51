import Tensors

extension OperatorCall {
  /// The attributes that say how a window slides.
  static let windowAttributes: Set<String> = [
    "auto_pad", "dilations", "kernel_shape", "pads", "strides",
  ]

  /// The extents of `[N, C, spatial...]` after the first two, 1 to 3 of them.
  ///
  /// Throws ``OperatorFailure`` for other ranks.
  func spatialExtents(of shape: Shape) throws -> [Int] {
    guard shape.rank >= 3 else {
      throw OperatorFailure.malformed(
        "expected [N, C, ...] with at least one spatial dimension, found \(shape)")
    }
    guard shape.rank <= 5 else {
      throw OperatorFailure.unsupported("more than 3 spatial dimensions: \(shape)")
    }
    guard shape.dimensions.allSatisfy({ $0 <= WindowAxis.limit }) else {
      throw OperatorFailure.unsupported("extents above \(WindowAxis.limit): \(shape)")
    }
    return Array(shape.dimensions.dropFirst(2))
  }

  /// The whole numbers called `name`, one for each of `count` dimensions and of `range`; `standard`
  /// where there are none.
  func steps(
    _ name: String, count: Int, in range: ClosedRange<Int>, standard: Int
  ) throws -> [Int] {
    guard let values = try integers(name), !values.isEmpty else {
      return [Int](repeating: standard, count: count)
    }
    guard values.count == count, values.allSatisfy(range.contains) else {
      throw OperatorFailure.malformed(
        "attribute '\(name)': expected \(count) numbers from \(range.lowerBound) to "
          + "\(range.upperBound), found \(values)")
    }
    return values
  }

  /// How padding is found.
  func automaticPadding() throws -> AutomaticPadding {
    let name = try text("auto_pad", "NOTSET")
    guard let padding = AutomaticPadding(rawValue: name.isEmpty ? "NOTSET" : name) else {
      throw OperatorFailure.malformed(
        "attribute 'auto_pad': expected NOTSET, SAME_UPPER, SAME_LOWER or VALID, found '\(name)'")
    }
    return padding
  }

  /// How a window of `kernel` slides over planes of the extents `input`.
  ///
  /// With `ceil_mode` the last window may reach beyond the padding, but must not start there: the
  /// text says so since operator set 22, and runtimes do so for all. Throws ``OperatorFailure``.
  func windows(over input: [Int], kernel: [Int]) throws -> Windows {
    let rank = input.count
    let steps = 1...WindowAxis.limit
    _ = (try shape(input), try shape(kernel))
    guard kernel.count == rank, kernel.allSatisfy(steps.contains) else {
      throw OperatorFailure.malformed(
        "expected a window of \(rank) dimensions, each at least 1, found \(kernel)")
    }
    let strides = try self.steps("strides", count: rank, in: steps, standard: 1)
    let dilations = try self.steps("dilations", count: rank, in: steps, standard: 1)
    let pads = try self.steps("pads", count: 2 * rank, in: 0...WindowAxis.limit, standard: 0)
    let padding = try automaticPadding()
    let roundsUp = try flag("ceil_mode")
    let axes = try (0..<rank).map { axis in
      let extent = (kernel[axis] - 1) * dilations[axis] + 1
      let stride = strides[axis]
      var (before, after) = (pads[axis], pads[rank + axis])
      let output: Int
      if padding == .same(.upper) || padding == .same(.lower) {
        output = WindowAxis.quotient(input[axis], roundedUpBy: stride)
        (before, after) = padding.split(max(0, (output - 1) * stride + extent - input[axis]))
      } else {
        if padding == .valid { (before, after) = (0, 0) }
        let free = input[axis] + before + after - extent
        if padding == .explicit && roundsUp {
          let count = WindowAxis.quotient(free, roundedUpBy: stride) + 1
          output = (count - 1) * stride >= input[axis] + before ? count - 1 : count
        } else {
          output = free < 0 ? 0 : free / stride + 1
        }
      }
      guard output > 0 || input[axis] == 0 else {
        throw OperatorFailure.malformed(
          "a window of \(extent) elements on \(input[axis] + before + after): expected it to fit")
      }
      return WindowAxis(
        input: input[axis], output: max(0, output), kernel: kernel[axis], stride: stride,
        dilation: dilations[axis], padBefore: before, padAfter: after)
    }
    _ = try shape(axes.map(\.output))
    return Windows(axes)
  }
}

/// How the padding around what a window slides over is found: the attribute `auto_pad`.
enum AutomaticPadding: Equatable {
  /// Where padding that is split unevenly is larger.
  enum Side { case upper, lower }
  /// As `pads` says.
  case explicit
  /// None.
  case valid
  /// So much that there are as many places as strides.
  case same(Side)

  init?(rawValue: String) {
    switch rawValue {
    case "NOTSET": self = .explicit
    case "VALID": self = .valid
    case "SAME_UPPER": self = .same(.upper)
    case "SAME_LOWER": self = .same(.lower)
    default: return nil
    }
  }

  /// `total` in two halves; the larger one is behind for SAME_UPPER and else before.
  func split(_ total: Int) -> (before: Int, after: Int) {
    let half = total / 2
    return self == .same(.upper) ? (half, total - half) : (total - half, half)
  }
}
