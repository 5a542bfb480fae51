import Evaluation
import Segmentation
import Testing

@Suite struct MaskOverlapTests {
  private func mask(_ ids: UInt8...) -> ObjectMask {
    ObjectMask(width: ids.count, height: 1, ids: ids)
  }

  @Test func `the overlap is the intersection over the union`() {
    let (mine, theirs) = (mask(1, 1, 1, 0, 2), mask(1, 1, 0, 1, 2))
    #expect(mine.intersectionOverUnion(with: theirs, id: 1) == 0.5)
    #expect(mine.intersectionOverUnion(with: theirs, id: 2) == 1)
  }

  @Test func `nothing in both masks is agreement`() {
    #expect(mask(0, 1).intersectionOverUnion(with: mask(1, 0), id: 2) == 1)
  }

  @Test func `something in one mask only is no overlap`() {
    #expect(mask(1, 1).intersectionOverUnion(with: mask(0, 0), id: 1) == 0)
    #expect(mask(0, 0).intersectionOverUnion(with: mask(1, 1), id: 1) == 0)
  }

  @Test func `pixels that the truth leaves void count neither for nor against`() {
    let truth = mask(1, ObjectMask.void, ObjectMask.void, 0)
    #expect(mask(1, 1, 0, 0).intersectionOverUnion(with: truth, id: 1) == 1)
    #expect(mask(1, 1, 0, 1).intersectionOverUnion(with: truth, id: 1) == 0.5)
  }

  @Test func `an object that is void throughout is agreement`() {
    let truth = mask(ObjectMask.void, ObjectMask.void)
    #expect(mask(1, 1).intersectionOverUnion(with: truth, id: 1) == 1)
  }
}
