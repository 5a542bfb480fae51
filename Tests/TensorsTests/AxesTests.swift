import Tensors
import Testing

@Suite struct AxesTests {
  /// `[[0, 1, 2], [3, 4, 5]]`.
  private static let matrix = FloatTensor(shape: [2, 3], values: [0, 1, 2, 3, 4, 5])

  @Test func `axes change places`() {
    #expect(
      Self.matrix.permuted([1, 0]) == FloatTensor(shape: [3, 2], values: [0, 3, 1, 4, 2, 5]))
    #expect(Self.matrix.permuted([0, 1]) == Self.matrix)
  }

  @Test func `a kernel of Keras becomes one of PyTorch`() {
    let kernel = FloatTensor(shape: [1, 2, 3, 2], values: (0..<12).map(Float.init))
    #expect(
      kernel.permuted([3, 2, 0, 1])
        == FloatTensor(shape: [2, 3, 1, 2], values: [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]))
  }

  @Test func `axes change places in a scalar and in an empty tensor`() {
    #expect(FloatTensor(shape: [], values: [7]).permuted([]).values == [7])
    #expect(FloatTensor(zeros: [2, 0, 3]).permuted([2, 1, 0]).shape == [3, 0, 2])
  }

  @Test func `a part of an axis is taken`() {
    #expect(
      Self.matrix.sliced(1..<3, axis: 1) == FloatTensor(shape: [2, 2], values: [1, 2, 4, 5]))
    #expect(Self.matrix.sliced(1..<2, axis: 0) == FloatTensor(shape: [1, 3], values: [3, 4, 5]))
    #expect(Self.matrix.sliced(1..<1, axis: 1).shape == [2, 0])
  }

  @Test func `tensors are joined along any axis`() {
    let column = FloatTensor(shape: [2, 1], values: [8, 9])
    #expect(
      FloatTensor(concatenating: [Self.matrix, column], axis: 1)
        == FloatTensor(shape: [2, 4], values: [0, 1, 2, 8, 3, 4, 5, 9]))
    let row = FloatTensor(shape: [1, 3], values: [6, 7, 8])
    #expect(
      FloatTensor(concatenating: [Self.matrix, row], axis: 0)
        == FloatTensor(shape: [3, 3], values: [0, 1, 2, 3, 4, 5, 6, 7, 8]))
  }

  @Test func `parts of an axis joined again are the tensor`() {
    let tensor = FloatTensor(shape: [2, 3, 2], values: (0..<12).map(Float.init))
    for axis in 0..<3 {
      let parts = (0..<tensor.shape[axis]).map { tensor.sliced($0..<$0 + 1, axis: axis) }
      #expect(FloatTensor(concatenating: parts, axis: axis) == tensor)
    }
  }
}
