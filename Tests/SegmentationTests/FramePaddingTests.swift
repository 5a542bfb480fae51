import Segmentation
import Tensors
import TestSupport
import Testing

@Suite struct FramePaddingTests {
  @Test(arguments: [
    (480, 854, 0, 5, 480, 864), (240, 432, 0, 0, 240, 432), (17, 31, 7, 0, 32, 32),
    (1, 15, 7, 0, 16, 16), (33, 18, 7, 7, 48, 32), (16, 13, 0, 1, 16, 16),
  ])
  func `both sides become multiples of 16, the smaller half on top and on the left`(
    height: Int, width: Int, top: Int, left: Int, paddedHeight: Int, paddedWidth: Int
  ) {
    let padding = FramePadding(height: height, width: width)
    #expect(padding.top == top && padding.left == left)
    #expect(padding.paddedHeight == paddedHeight && padding.paddedWidth == paddedWidth)
  }

  @Test func `zeros surround every plane, and cropping gives it back`() {
    var generator = SeededGenerator(seed: 6)
    let image = FloatTensor.random([2, 3, 5, 13], in: 1...2, using: &generator)
    let padding = FramePadding(height: 5, width: 13)
    let padded = padding.pad(image)
    #expect(padded.shape == [2, 3, 16, 16])
    #expect(padded.values.count { $0 == 0 } == 6 * (256 - 65))
    for plane in 0..<6 {
      #expect(padded.values[(plane * 16 + 5) * 16 + 1] == image.values[plane * 65])
    }
    #expect(padding.crop(padded) == image)
  }

  @Test func `a frame that fits is left as it is`() {
    let image = FloatTensor(shape: [1, 1, 16, 16], values: (0..<256).map(Float.init))
    let padding = FramePadding(height: 16, width: 16)
    #expect(padding.pad(image) == image && padding.crop(image) == image)
  }
}
