public import Segmentation

extension ObjectMask {
  /// Intersection over union of the pixels with `id` in both masks: ``MaskScore/region``.
  ///
  /// Pixels that `other` leaves void do not count. Both must be of one size.
  public func intersectionOverUnion(with other: ObjectMask, id: UInt8) -> Double {
    let (mask, truth) = pixels(of: id, beside: other)
    return MaskScore.region(mask, truth)
  }

  /// How well the boundary of the pixels with `id` fits that in `other`: ``MaskScore/boundary``.
  ///
  /// Pixels that `other` leaves void belong to no object. Both must be of one size.
  public func boundaryAccuracy(with other: ObjectMask, id: UInt8) -> Double {
    let (mask, truth) = pixels(of: id, beside: other)
    return MaskScore.boundary(mask, truth)
  }

  /// Both scores of the pixels with `id`: ``MaskScore``.
  ///
  /// Pixels that `other` leaves void belong to no object. Both must be of one size.
  public func score(with other: ObjectMask, id: UInt8) -> MaskScore {
    let (mask, truth) = pixels(of: id, beside: other)
    return MaskScore(mask, truth: truth)
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

  /// The pixels with `id` here, but for those that `truth` leaves void, and there.
  private func pixels(of id: UInt8, beside truth: ObjectMask) -> (mask: BitMask, truth: BitMask) {
    let there = BitMask.all([id, Self.void], in: truth)
    let here = BitMask(of: id, in: self)
    return (there[1].isEmpty ? here : here.subtracting(there[1]), there[0])
  }
}
