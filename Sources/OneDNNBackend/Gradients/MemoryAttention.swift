import COneDNN
import Differentiation
import Tensors

/// The space-time memory read and its gradients, an object and a frame of its memory at a time: of
/// the weights, query positions by entries, only those of one frame are there at once.
///
/// The softmax is computed as frames come (Milakov and Gimelshein, *Online normalizer calculation
/// for softmax*, 2018); what is kept of it are the logarithms of its sums, from which its gradient
/// computes weights again (Dao et al., *FlashAttention*, 2022, appendix B). Products are made for
/// tiles that are always the same, each by one thread, so results do not depend on the number of
/// threads.
struct MemoryAttention {
  /// `[N, K, h, w]`, row-major, of every frame.
  let keys: [Value]
  /// `[N, V, h, w]`, row-major, of every frame.
  let values: [Value]
  /// `[1, K, h, w]`, row-major.
  let query: Value
  let store: ValueStore
  let team: GradientTeam

  /// How many query positions, or entries, are a tile.
  private static let tile = 64

  private var objects: Int { keys[0].shape[0] }
  private var keyChannels: Int { keys[0].shape[1] }
  private var valueChannels: Int { values[0].shape[1] }
  /// The number of query positions, and of entries of a frame.
  private var positions: Int { query.shape[2] * query.shape[3] }
  private var scale: Float { 1 / Float(keyChannels).squareRoot() }

  private var tiles: [Range<Int>] {
    stride(from: 0, to: positions, by: Self.tile).map { $0..<min($0 + Self.tile, positions) }
  }

  /// The channels of object `index` of `value`, positions in their rows.
  private func matrix(_ value: Value, _ index: Int = 0) -> Matrix {
    let channels = value.shape[1]
    return unsafe Matrix(
      value.buffer.start, offset: index * channels * positions, channels, positions)
  }

  private func numbers(_ count: Int) -> Buffer {
    store.engine.pool.buffer(byteCount: count * MemoryLayout<Float>.size)
  }

  /// What is read, `[N, V, h, w]`, and the logarithms of the softmax's sums, `[N, h, w]`.
  func read() throws -> (result: Value, logSums: Buffer) {
    let result = store.empty(
      Held(
        try MemoryDescriptor(
          [objects, valueChannels] + query.descriptor.dimensions[2...], dnnl_f32, .plain)))
    let logSums = numbers(objects * positions)
    let tiles = tiles
    defer { withExtendedLifetime((self, result, logSums)) {} }
    try team.forEach(objects * tiles.count) { (number) throws(LibraryFailure) in
      let (object, index) = number.quotientAndRemainder(dividingBy: tiles.count)
      try read(
        tiles[index], of: object, to: matrix(result, object).columns(tiles[index]),
        unsafe Matrix(logSums.start, offset: object * positions, 1, positions)
          .columns(tiles[index]).row(0))
    }
    return (result, logSums)
  }

  /// Reads for the query positions `tile`.
  private func read(
    _ tile: Range<Int>, of object: Int, to result: Matrix, _ logSums: Elements
  ) throws(LibraryFailure) {
    let working = numbers(tile.count * positions)
    defer { withExtendedLifetime(working) {} }
    let weights = unsafe Matrix(working.start, tile.count, positions)
    var largest = [Float](repeating: -.infinity, count: tile.count)
    var totals = [Float](repeating: 0, count: tile.count)
    var factors = totals
    for frame in keys.indices {
      try weights.multiply(
        matrix(query).columns(tile).transposed, matrix(keys[frame], object), scale: scale)
      for row in 0..<tile.count {
        let before = largest[row]
        let (peak, total) = weights.row(row).exponentiate(positions, above: before)
        largest[row] = peak
        factors[row] = frame == 0 ? 0 : SIMD16(repeating: before - peak).exponential()[0]
        totals[row] = totals[row] * factors[row] + total
      }
      if frame > 0 { result.scaleColumns(by: factors) }
      try result.multiply(
        matrix(values[frame], object), weights.transposed, adds: frame > 0)
    }
    result.scaleColumns(by: totals.map { 1 / $0 })
    for row in 0..<tile.count { logSums[row] = largest[row] + totals[row].logarithm }
  }

  /// The gradients by the keys and values of every frame, `[N, C, h, w]`, and by the query
  /// `[1, K, h, w]`, given that by `result`, row-major.
  func gradients(
    _ gradient: Value, result: Value, logSums: Buffer
  ) throws -> (keys: [Value], values: [Value], query: Value) {
    let byKeys = keys.map { store.empty($0.held) }
    let byValues = values.map { store.empty($0.held) }
    let byQuery = store.empty(query.held)
    let (weightBuffer, slopeBuffer) = (
      numbers(positions * positions), numbers(positions * positions)
    )
    let weights = unsafe Matrix(weightBuffer.start, positions, positions)
    let slopes = unsafe Matrix(slopeBuffer.start, positions, positions)
    defer {
      withExtendedLifetime((self, gradient, result, logSums, byKeys, byValues)) {}
      withExtendedLifetime((byQuery, weightBuffer, slopeBuffer)) {}
    }
    let tiles = tiles
    for object in 0..<objects {
      let incoming = matrix(gradient, object)
      let products = matrix(result, object).columnProducts(with: incoming)
      let sums = unsafe Matrix(logSums.start, offset: object * positions, 1, positions).row(0)
      for frame in keys.indices {
        let (keys, values) = (matrix(keys[frame], object), matrix(values[frame], object))
        try team.forEach(tiles.count) { (index) throws(LibraryFailure) in
          let tile = tiles[index]
          let (weights, slopes) = (weights.rows(tile), slopes.rows(tile))
          try weights.multiply(matrix(query).columns(tile).transposed, keys, scale: scale)
          try slopes.multiply(incoming.columns(tile).transposed, values)
          for row in 0..<tile.count {
            weights.row(row).weigh(
              positions, sums[tile.lowerBound + row], slopes: slopes.row(row),
              products[tile.lowerBound + row], scale)
          }
          try matrix(byQuery).columns(tile).multiply(
            keys, slopes.transposed, adds: object > 0 || frame > 0)
        }
        try team.forEach(tiles.count) { (index) throws(LibraryFailure) in
          let tile = tiles[index]
          try matrix(byValues[frame], object).columns(tile).multiply(
            incoming, weights.columns(tile))
          try matrix(byKeys[frame], object).columns(tile).multiply(
            matrix(query), slopes.columns(tile))
        }
      }
    }
    return (byKeys, byValues, byQuery)
  }
}

extension Elements {
  /// Turns the first `count` numbers into exponentials of what they are less the largest of them and
  /// of `floor`; returns that largest, and the sum of the exponentials.
  fileprivate func exponentiate(_ count: Int, above floor: Float) -> (largest: Float, sum: Float) {
    var peaks = SIMD16<Float>(repeating: floor)
    for index in stride(from: 0, to: count, by: 16) {
      var numbers = vector(index, min(16, count - index))
      for lane in min(16, count - index)..<16 { numbers[lane] = floor }
      peaks.replace(with: numbers, where: numbers .> peaks)
    }
    let largest = peaks.max()
    var sums = SIMD16<Float>()
    for index in stride(from: 0, to: count, by: 16) {
      let lanes = min(16, count - index)
      var exponentials = (vector(index, lanes) - largest).exponential()
      for lane in lanes..<16 { exponentials[lane] = 0 }
      store(exponentials, index, lanes)
      sums += exponentials
    }
    return (largest, sums.sum())
  }

  /// Turns the first `count` numbers, similarities of a query position, into the weights whose sum
  /// has the logarithm `logSum`; and `slopes`, the gradients by the weights, into those by the
  /// similarities before they were multiplied by `scale`. `product` is that of the position's result
  /// and the gradient by it.
  fileprivate func weigh(
    _ count: Int, _ logSum: Float, slopes: Elements, _ product: Float, _ scale: Float
  ) {
    for index in stride(from: 0, to: count, by: 16) {
      let lanes = min(16, count - index)
      let weights = (vector(index, lanes) - logSum).exponential()
      store(weights, index, lanes)
      slopes.store(weights * (slopes.vector(index, lanes) - product) * scale, index, lanes)
    }
  }
}

extension Matrix {
  /// Multiplies each column by its number.
  fileprivate func scaleColumns(by factors: [Float]) {
    let factors = factors.span
    for row in 0..<rows {
      let numbers = self.row(row)
      for index in Swift.stride(from: 0, to: columns, by: 16) {
        let lanes = min(16, columns - index)
        numbers.store(
          numbers.vector(index, lanes) * factors.vector(at: index, count: lanes), index, lanes)
      }
    }
  }

  /// The sum of the products of each column's numbers with those of `other`.
  fileprivate func columnProducts(with other: Matrix) -> [Float] {
    var sums = [Float](repeating: 0, count: columns)
    var span = sums.mutableSpan
    for row in 0..<rows {
      let (left, right) = (self.row(row), other.row(row))
      for index in Swift.stride(from: 0, to: columns, by: 16) {
        let lanes = min(16, columns - index)
        let sum = span.span.vector(at: index, count: lanes)
        span.store(
          sum + left.vector(index, lanes) * right.vector(index, lanes), at: index, count: lanes)
      }
    }
    return sums
  }
}
