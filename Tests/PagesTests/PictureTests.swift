import Images
import Segmentation
import Testing

@testable import Pages

@Suite struct PictureTests {
  @Test func `a difference says on which side an object is`() {
    let before = ObjectMask(width: 4, height: 1, ids: [0, 1, 1, 2])
    let after = ObjectMask(width: 4, height: 1, ids: [1, 0, 1, 1])
    let image = MaskDifference(before, after).image(ImageSize(width: 4, height: 1))
    #expect(image.values == [2, 3, 5, 1])
  }

  @Test func `a pixel that differs shows in a smaller picture`() {
    var ids = [UInt8](repeating: 0, count: 81)
    ids[8 * 9 + 8] = 1
    let before = ObjectMask(width: 9, height: 9, ids: [UInt8](repeating: 0, count: 81))
    let image = MaskDifference(before, ObjectMask(width: 9, height: 9, ids: ids)).image(
      ImageSize(width: 2, height: 2))
    #expect(image.values == [5, 5, 5, 2])
  }

  @Test func `what is the same far from any difference stays clear`() {
    let same = ObjectMask(width: 8, height: 1, ids: [UInt8](repeating: 1, count: 8))
    let other = ObjectMask(width: 8, height: 1, ids: [0] + [UInt8](repeating: 1, count: 7))
    let image = MaskDifference(same, other).image(ImageSize(width: 8, height: 1))
    #expect(image.values == [3, 6, 6, 0, 0, 0, 0, 0])
    #expect(
      MaskDifference(same, same).image(ImageSize(width: 4, height: 1)).values == [0, 0, 0, 0])
  }
}
