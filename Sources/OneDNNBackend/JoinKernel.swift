/// Values behind one another along their channels: copies of whole images where channels lie
/// outermost, of each pixel's channels where they lie innermost.
struct JoinKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  private let pieces: Int
  private let sizes: [Int]

  /// One object's images, all channels last where `isChannelsLast`; otherwise in blocks that their
  /// channels fill, or row-major.
  init(_ inputs: [MemoryDescriptor], to output: MemoryDescriptor, isChannelsLast: Bool) {
    self.inputs = inputs
    self.output = output
    let pieces = isChannelsLast ? output.dimensions[2...].reduce(1, *) : 1
    self.pieces = pieces
    sizes = inputs.map { $0.byteCount / pieces }
  }

  func run(_ operands: StepOperands) {
    let whole = sizes.reduce(0, +)
    if pieces > 1 {
      let rows = output.dimensions[2]
      Team.forEach(rows) { row in
        for piece in row * pieces / rows..<(row + 1) * pieces / rows {
          copy(operands, piece, into: piece * whole, 0..<1)
        }
      }
    } else {
      let parts = 64
      Team.forEach(parts) { copy(operands, 0, into: 0, $0..<$0 + 1, of: parts) }
    }
  }

  /// Copies one piece of every input, or its share `part` of `parts`.
  private func copy(
    _ operands: StepOperands, _ piece: Int, into offset: Int, _ part: Range<Int>, of parts: Int = 1
  ) {
    var target = offset
    for (index, size) in sizes.enumerated() {
      let (low, high) = (size * part.lowerBound / parts, size * part.upperBound / parts)
      unsafe (operands.output + target + low).copyMemory(
        from: operands.inputs[index] + piece * size + low, byteCount: high - low)
      target += size
    }
  }
}
