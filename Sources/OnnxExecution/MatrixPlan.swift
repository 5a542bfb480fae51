import Tensors

/// How one operand of a matrix product lies in memory.
struct MatrixOperand: Sendable {
  /// The extents of the batch, outermost first.
  var batch: [Int]
  /// The steps between neighbours in each of them.
  var batchSteps: [Int]
  var rows: Int
  var columns: Int
  /// The step from a row to the next.
  var rowStep: Int
  /// The step from a column to the next.
  var columnStep: Int

  /// A row-major matrix, or a batch of them; `shape` has at least 2 dimensions.
  ///
  /// `transposesBatch` moves the first dimension behind those of the batch; then `transposes`
  /// swaps the last two.
  init(_ shape: Shape, transposes: Bool = false, transposesBatch: Bool = false) {
    var axes: [(extent: Int, step: Int)] = []
    var step = 1
    for extent in shape.dimensions.reversed() {
      axes.insert((extent, step), at: 0)
      step &*= max(1, extent)
    }
    let last = axes.count - 1
    if transposesBatch { axes.insert(axes.remove(at: 0), at: last - 1) }
    if transposes { axes.swapAt(last - 1, last) }
    (rows, rowStep) = axes[last - 1]
    (columns, columnStep) = axes[last]
    batch = axes.dropLast(2).map(\.extent)
    batchSteps = axes.dropLast(2).map(\.step)
  }

  /// The shape that it stands for.
  var dimensions: [Int] { batch + [rows, columns] }

  /// Where each matrix of a batch of the extents `target` starts.
  func offsets(in target: [Int]) -> [Int] {
    var offsets = [0]
    let missing = target.count - batch.count
    for (axis, extent) in target.enumerated() {
      let own = axis - missing
      let step = own >= 0 && batch[own] != 1 ? batchSteps[own] : 0
      guard extent != 1 else { continue }
      var next: [Int] = []
      next.reserveCapacity(offsets.count * extent)
      for offset in offsets {
        for index in 0..<extent { next.append(offset + index * step) }
      }
      offsets = next
    }
    return offsets
  }
}

/// A matrix product after NumPy's rules: `[batch..., M, K]` times `[batch..., K, N]`, where batches
/// are broadcast, and a vector stands for a matrix of one row on the left and of one column on the
/// right.
struct MatrixPlan: Sendable {
  let left: MatrixOperand
  let right: MatrixOperand
  /// The batch of the result.
  let batch: [Int]
  /// The shape of the result, without the dimensions that vectors lack.
  let shape: Shape

  /// The product of operands of these shapes. Throws ``OperatorFailure`` where they do not fit.
  init(
    _ call: OperatorCall, _ left: Shape, _ right: Shape,
    transposes: (left: Bool, right: Bool) = (false, false),
    transposesBatch: (left: Bool, right: Bool) = (false, false)
  ) throws {
    guard left.rank > 0, right.rank > 0 else {
      throw OperatorFailure.malformed("expected matrices, found \(left) and \(right)")
    }
    let isMatrix = (left: left.rank > 1, right: right.rank > 1)
    self.left = MatrixOperand(
      try call.shape(isMatrix.left ? left.dimensions : [1] + left.dimensions),
      transposes: isMatrix.left && transposes.left,
      transposesBatch: left.rank > 2 && transposesBatch.left)
    self.right = MatrixOperand(
      try call.shape(isMatrix.right ? right.dimensions : right.dimensions + [1]),
      transposes: isMatrix.right && transposes.right,
      transposesBatch: right.rank > 2 && transposesBatch.right)
    let (first, second) = (self.left, self.right)
    let count = max(first.batch.count, second.batch.count)
    func padded(_ batch: [Int]) -> [Int] {
      [Int](repeating: 1, count: count - batch.count) + batch
    }
    let pairs = zip(padded(first.batch), padded(second.batch))
    guard first.columns == second.rows, pairs.allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 })
    else {
      throw OperatorFailure.malformed(
        "a product of \(first.dimensions) and \(second.dimensions): expected them to fit")
    }
    batch = pairs.map { $0 == 1 ? $1 : $0 }
    shape = try call.shape(
      batch + (isMatrix.left ? [first.rows] : []) + (isMatrix.right ? [second.columns] : []))
  }

  /// The sums of products, row-major, each in the order of the columns of the left operand.
  func sums<Element: Factor>(_ left: [Element], _ right: [Element]) -> [Element.Sum] {
    guard shape.elementCount > 0 else { return [] }
    let starts = (left: self.left.offsets(in: batch), right: self.right.offsets(in: batch))
    let (first, second) = (self.left, self.right)
    let (rows, columns, inner) = (first.rows, second.columns, first.columns)
    let share = starts.left.count * rows / (2 * Threads.count)
    let block = Threads.block(of: rows, most: min(64, share))
    let isInLine = second.columnStep == 1
    let columnsAtOnce = isInLine ? 512 : 64
    return fill(
      planes: starts.left.count * rows / block, of: block * columns, threads: Threads.count
    ) { part, sums in
      let matrix = part * block / rows
      let start = starts.left[matrix] + part * block % rows * first.rowStep
      var line = [Element](repeating: 0, count: isInLine ? 0 : columnsAtOnce)
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe left.withUnsafeBufferPointer { left in
          unsafe right.withUnsafeBufferPointer { right in
            unsafe line.withUnsafeMutableBufferPointer { line in
              for column in stride(from: 0, to: columns, by: columnsAtOnce) {
                let count = min(columnsAtOnce, columns - column)
                for index in 0..<inner {
                  let source =
                    starts.right[matrix] + index * second.rowStep + column * second.columnStep
                  if !isInLine {
                    for offset in 0..<count {
                      unsafe line[offset] = unsafe right[source + offset * second.columnStep]
                    }
                  }
                  guard let sums = sums.baseAddress,
                    let row = unsafe isInLine
                      ? right.baseAddress.map({ unsafe $0 + source })
                      : UnsafePointer(line.baseAddress)
                  else { return }
                  for number in 0..<block {
                    let factor = unsafe left[
                      start + number * first.rowStep + index * first.columnStep]
                    unsafe Element.accumulate(
                      sums + number * columns + column, row, times: factor, count: count)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
