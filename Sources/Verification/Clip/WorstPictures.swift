/// The frames whose free-running masks agree least with the reference's, no more than a limit.
struct WorstPictures {
  /// How many are kept.
  let limit: Int
  /// Those that are kept, in the order of the clip.
  private(set) var pictures: [ClipVerification.Picture] = []

  /// None of at most `limit`.
  init(limit: Int) { self.limit = limit }

  /// Keeps a frame, if it is among the worst; of equals the first.
  mutating func include(_ frame: ClipVerification.Frame, _ masks: FrameMasks) {
    pictures.append(
      ClipVerification.Picture(
        index: frame.index, masks: masks, agreement: frame.freeRunningIoU))
    guard pictures.count > limit else { return }
    let best = pictures.indices.max {
      (pictures[$0].agreement, $0) < (pictures[$1].agreement, $1)
    }
    if let best { pictures.remove(at: best) }
  }
}
