import Tensors
import Testing

@Suite struct ShapeTests {
  @Test(arguments: [([], 1), ([7], 7), ([2, 3, 4], 24), ([5, 0, 9], 0)])
  func `the element count is the product of the dimensions`(
    dimensions: [Int], count: Int
  ) throws {
    #expect(try Shape(checking: dimensions).elementCount == count)
  }

  @Test(arguments: [
    [-1], [3, -2], [0, -1], [-2, -2], [.max], [.max / 8 + 1], [.max / 2, 3], [1 << 32, 1 << 32],
    [.min, .min],
  ])
  func `a negative dimension and a product that overflows are refused`(dimensions: [Int]) {
    #expect(throws: TensorError.impossibleShape(dimensions)) { try Shape(checking: dimensions) }
  }

  @Test func `the largest shape has just under 2 to the 63 bytes at 8 bytes an element`() throws {
    #expect(try Shape(checking: [.max / 8]).elementCount == .max / 8)
  }
}
