public import Segmentation

extension ObjectMask {
  /// Intersection over union of the pixels with `id` in both masks, known as region similarity J.
  ///
  /// 1 where neither has any. Pixels that `other` leaves void do not count. Both must be of one
  /// size.
  public func intersectionOverUnion(with other: ObjectMask, id: UInt8) -> Double {
    precondition(width == other.width && height == other.height, "masks of different sizes")
    var (intersection, union) = (0, 0)
    for (mine, theirs) in zip(ids, other.ids) where theirs != ObjectMask.void {
      if mine == id && theirs == id { intersection += 1 }
      if mine == id || theirs == id { union += 1 }
    }
    return union == 0 ? 1 : Double(intersection) / Double(union)
  }
}
