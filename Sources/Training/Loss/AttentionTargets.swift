/// What the attention of a clip should find: where each object is on the grid that keys are on, in
/// the frames in memory and in the frame that is segmented.
struct AttentionTargets {
  /// A frame that is segmented, of which an object's positions are known.
  struct Query {
    /// The number of the frame.
    let frame: Int
    /// The object, counted from 0.
    let object: Int
    /// The positions that belong to the object, by more than half of their pixels.
    let positions: [Int]
    /// How much of each entry of the memory belongs to the object, from 0 to 1, frame after frame.
    let memory: [Double]
  }

  /// Frames and objects that have something to find; those that the memory knows nothing of do not.
  let queries: [Query]

  /// The number of positions, over objects and frames.
  var count: Int { queries.reduce(0) { $0 + $1.positions.count } }

  /// The targets of `clip`: frame 2 is to be found in frame 1, frame 3 in both.
  init(_ clip: TrainingClip) {
    let coverage = (0..<TrainingClip.frameCount).map(clip.coverage)
    queries = TrainingClip.segmented.flatMap { frame in
      (0..<clip.objectCount).compactMap { object in
        let memory = coverage[..<frame].flatMap { $0[object] }
        let positions = coverage[frame][object].indices.filter {
          coverage[frame][object][$0] > 0.5
        }
        guard memory.contains(where: { $0 > 0 }), !positions.isEmpty else { return nil }
        return Query(frame: frame, object: object, positions: positions, memory: memory)
      }
    }
  }
}
