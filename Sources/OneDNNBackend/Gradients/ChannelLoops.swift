import Tensors

/// Loops over images in blocks of channels, the channels of a block at once.
///
/// Blocks are independent, and sums are made row by row, so results do not depend on the number of
/// threads.
struct ChannelLoops {
  private let images: Int
  private let rows: Int
  private let columns: Int
  private let channels: Int
  private let block = Processor.channelBlock

  /// Loops over images of `shape`, `[N, C, H, W]`.
  init(_ shape: Shape) {
    (images, channels, rows, columns) = (shape[0], shape[1], shape[2], shape[3])
  }

  private var blocks: Int { (channels + block - 1) / block }

  /// The lines of block `index` of `image`: the channels of a pixel are a line.
  @inline(__always) private func lines(_ value: Value, _ image: Int, _ index: Int) -> BlockLines {
    unsafe BlockLines(
      value.buffer.start, (image * blocks + index) * rows * columns, block)
  }

  /// The numbers of the channels of block `index`, and then zeros.
  private func numbers(_ values: [Float], _ index: Int) -> SIMD16<Float> {
    var vector = SIMD16<Float>()
    for lane in 0..<min(block, channels - index * block) {
      vector[lane] = values[index * block + lane]
    }
    return block == 16 ? vector : SIMD16(lowHalf: vector.lowHalf, highHalf: vector.lowHalf)
  }

  /// The sum over images and pixels of what `term` makes of the elements of `a` and of `b` and of
  /// the number of their channel in `centre`, by channel.
  @inline(__always) func sums(
    _ a: Value, _ b: Value, centre: [Float],
    _ term: (SIMD16<Float>, SIMD16<Float>, SIMD16<Float>) -> SIMD16<Float>
  ) -> [Double] {
    let (images, rows, columns, block) = (images, rows, columns, block)
    var sums = [SIMD16<Double>](repeating: .zero, count: blocks)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = unsafe sums
      Team.forEach(blocks) { index in
        let centre = numbers(centre, index)
        var total = SIMD16<Double>()
        for image in 0..<images {
          let (a, b) = (lines(a, image, index), lines(b, image, index))
          for row in 0..<rows {
            var sum = SIMD16<Float>()
            for line in row * columns..<(row + 1) * columns {
              sum += term(a[line], b[line], centre)
            }
            total += SIMD16<Double>(sum)
          }
        }
        unsafe sums[index] = total
      }
    }
    withExtendedLifetime((a, b)) {}
    return (0..<channels).map { sums[$0 / block][$0 % block] }
  }

  /// Writes to `result` what `body` makes of the elements of `a` and of `b` and of the three numbers
  /// of their channel.
  @inline(__always) func map(
    _ a: Value, _ b: Value, to result: Value, _ first: [Float], _ second: [Float],
    _ third: [Float],
    _ body: (
      SIMD16<Float>, SIMD16<Float>, SIMD16<Float>, SIMD16<Float>, SIMD16<Float>
    ) -> SIMD16<Float>
  ) {
    let (images, pixels) = (images, rows * columns)
    Team.forEach(blocks) { index in
      let (p, q, r) = (numbers(first, index), numbers(second, index), numbers(third, index))
      for image in 0..<images {
        let (a, b) = (lines(a, image, index), lines(b, image, index))
        let to = lines(result, image, index)
        for line in 0..<pixels { to[line] = body(a[line], b[line], p, q, r) }
      }
    }
    withExtendedLifetime((a, b, result)) {}
  }
}
