import Tensors

/// Where the elements of a tensor lie in its storage, checked against it.
struct StridedView: Sendable {
  let elementType: ElementType
  let shape: Shape

  /// The key of the storage.
  let key: String
  /// The bytes of the storage from the first element that the tensor has to the last.
  let range: Range<Int>

  /// How far apart the elements are; 0 in dimensions of 1, where it does not matter.
  private let strides: [Int]

  /// A view of overlapping elements has at most so many times those of its storage.
  static let largestExpansion = 1024

  /// Why a tensor has no view.
  enum Failure: Error {
    /// The pickle contradicts the storage.
    case malformed(String)
    /// The tensor repeats its elements too often.
    case tooLarge(String)
  }

  /// Checks `tensor` of `pickle` against its storage, of which the file has `byteCount` bytes.
  init(_ tensor: PickledTensor, of pickle: Pickle, byteCount: Int?) throws(Failure) {
    let storage = pickle.storages[tensor.storage]
    let (sizes, strides) = (
      pickle.integers(in: tensor.sizes), pickle.integers(in: tensor.strides)
    )
    guard let byteCount else {
      throw .malformed("expected the storage '\(storage.key.clipped)', found none")
    }
    guard byteCount == storage.count * storage.kind.byteCount else {
      throw .malformed(
        "expected \(storage.count) elements of \(storage.kind.byteCount) bytes in the storage "
          + "'\(storage.key.clipped)', found \(byteCount) bytes")
    }
    let width = tensor.elementType.byteCount
    let start = storage.window.lowerBound * storage.kind.byteCount
    let count = storage.window.count * storage.kind.byteCount / width
    guard strides.count == sizes.count,
      let shape = try? Shape(checking: sizes), tensor.offset >= 0,
      strides.allSatisfy({ $0 >= 0 })
    else {
      throw .malformed(
        "expected sizes whose product fits in memory, each with a stride of at least 0, found sizes "
          + "\(sizes), strides \(strides) and offset \(tensor.offset)")
    }
    elementType = tensor.elementType
    self.shape = shape
    key = storage.key
    self.strides = zip(sizes, strides).map { $0 == 1 ? 0 : $1 }
    guard shape.elementCount > 0 else {
      range = 0..<0
      return
    }
    var last = tensor.offset
    var isInside = last < count
    for (size, stride) in zip(sizes, strides) {
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, carry) = last.addingReportingOverflow(step)
      isInside = isInside && !overflow && !carry && sum < count
      last = sum
    }
    guard isInside else {
      throw .malformed(
        "expected elements inside the \(count) of the storage '\(key.clipped)', found sizes "
          + "\(sizes), strides \(strides) and offset \(tensor.offset)")
    }
    guard shape.elementCount / Self.largestExpansion <= count else {
      throw .tooLarge("\(shape.elementCount) elements expanded from the \(count) of a storage")
    }
    range = start + tensor.offset * width..<start + (last + 1) * width
  }

  /// The tensor, whose bytes in the storage are `bytes`: row-major and little-endian.
  func tensor(_ bytes: TensorBytes, isBigEndian: Bool) throws(TensorError) -> Tensor {
    let isSwapped = isBigEndian && elementType.byteCount > 1
    guard isSwapped || !isContiguous else {
      return try Tensor(elementType: elementType, shape: shape, bytes: bytes)
    }
    let gathered =
      switch elementType.byteCount {
      case 1: gathered(bytes, as: UInt8.self, isSwapped: isSwapped)
      case 2: gathered(bytes, as: UInt16.self, isSwapped: isSwapped)
      case 4: gathered(bytes, as: UInt32.self, isSwapped: isSwapped)
      default: gathered(bytes, as: UInt64.self, isSwapped: isSwapped)
      }
    return try Tensor(elementType: elementType, shape: shape, bytes: TensorBytes(gathered))
  }

  /// Whether the elements lie row-major without holes.
  private var isContiguous: Bool {
    guard shape.elementCount > 0 else { return true }
    var step = 1
    for axis in shape.dimensions.indices.reversed() where shape[axis] != 1 {
      guard strides[axis] == step else { return false }
      step *= shape[axis]
    }
    return true
  }

  private func gathered<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: TensorBytes, as: Value.Type, isSwapped: Bool
  ) -> [UInt8] {
    let width = MemoryLayout<Value>.size
    let (length, step) = (shape.dimensions.last ?? 1, strides.last ?? 1)
    return bytes.withBytes { raw in
      unsafe [UInt8](unsafeUninitializedCapacity: shape.elementCount * width) { buffer, count in
        let target = UnsafeMutableRawBufferPointer(buffer)
        var position = [Int](repeating: 0, count: shape.rank)
        var row = 0
        while count < shape.elementCount * width {
          for index in 0..<length {
            let value = unsafe raw.unsafeLoadUnaligned(
              fromByteOffset: (row + index * step) * width, as: Value.self)
            unsafe target.storeBytes(
              of: isSwapped ? value.byteSwapped : value, toByteOffset: count, as: Value.self)
            count += width
          }
          row = advance(&position, from: row)
        }
      }
    }
  }

  /// Moves `position` to the next row; returns where it starts, as `row` is where this one does.
  private func advance(_ position: inout [Int], from row: Int) -> Int {
    var row = row
    for axis in shape.dimensions.indices.dropLast().reversed() {
      position[axis] += 1
      row += strides[axis]
      guard position[axis] == shape[axis] else { break }
      row -= shape[axis] * strides[axis]
      position[axis] = 0
    }
    return row
  }
}
