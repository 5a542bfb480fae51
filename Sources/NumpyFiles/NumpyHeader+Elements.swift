import Tensors

extension NumpyHeader {
  /// The elements row-major and little-endian, given as the file holds them.
  func rowMajor(_ bytes: TensorBytes) -> TensorBytes {
    let isTransposed = isFortranOrder && shape.rank > 1
    let isSwapped = isBigEndian && elementType.byteCount > 1
    guard isTransposed || isSwapped else { return bytes }
    let width = elementType.byteCount
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    bytes.withBytes { source in
      func append(_ index: Int) {
        for byte in 0..<width {
          let place = index * width + (isSwapped ? width - 1 - byte : byte)
          result.append(unsafe source.unsafeLoad(fromByteOffset: place, as: UInt8.self))
        }
      }
      if isTransposed {
        forEachColumnMajorIndex(append)
      } else {
        for index in 0..<shape.elementCount { append(index) }
      }
    }
    return TensorBytes(result)
  }

  /// Calls `body` with the place of each element in column-major order, going row by row.
  private func forEachColumnMajorIndex(_ body: (Int) -> Void) {
    var steps: [Int] = []
    var step = 1
    for dimension in shape.dimensions {
      steps.append(step)
      step *= dimension
    }
    var position = [Int](repeating: 0, count: shape.rank)
    var index = 0
    for _ in 0..<shape.elementCount {
      body(index)
      var axis = shape.rank - 1
      position[axis] += 1
      index += steps[axis]
      while axis > 0 && position[axis] == shape[axis] {
        index += steps[axis - 1] - position[axis] * steps[axis]
        position[axis] = 0
        axis -= 1
        position[axis] += 1
      }
    }
  }
}
