public import Segmentation

extension ObjectMask {
  /// Intersection over union of the pixels with `id` in both masks: ``MaskScore/region``.
  ///
  /// Pixels that `other` leaves void do not count. Both must be of one size.
  public func intersectionOverUnion(with other: ObjectMask, id: UInt8) -> Double {
    let void = other.voidPixels
    return MaskScore.region(
      BitMask(of: id, in: self).subtracting(void), BitMask(of: id, in: other))
  }

  /// How well the boundary of the pixels with `id` fits that in `other`: ``MaskScore/boundary``.
  ///
  /// Pixels that `other` leaves void belong to no object. Both must be of one size.
  public func boundaryAccuracy(with other: ObjectMask, id: UInt8) -> Double {
    let void = other.voidPixels
    return MaskScore.boundary(
      BitMask(of: id, in: self).subtracting(void), BitMask(of: id, in: other))
  }

  /// The number of pixels that belong to `id` in one of the masks alone; nil: whose ids differ.
  ///
  /// Both must be of one size.
  public func changedPixels(from other: ObjectMask, id: UInt8? = nil) -> Int {
    precondition(width == other.width && height == other.height, "masks of different sizes")
    return zip(ids, other.ids).count { mine, theirs in
      id.map { (mine == $0) != (theirs == $0) } ?? (mine != theirs)
    }
  }

  /// The pixels that the annotator left undecided.
  var voidPixels: BitMask { BitMask(of: Self.void, in: self) }
}
