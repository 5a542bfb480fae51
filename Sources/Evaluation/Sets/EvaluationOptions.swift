/// What is scored, and how.
public struct EvaluationOptions: Sendable {
  /// The data set's rules.
  public var rules: EvaluationProtocol
  /// The names of the sequences to score; nil: all of the ground truth.
  public var sequences: [String]?
  /// Whether the first frame of a sequence counts, too; DAVIS only.
  public var countsFirst = false
  /// Whether the last frame of a sequence counts, too; DAVIS only.
  public var countsLast = false
  /// Whether pixels that the ground truth leaves void (255) belong to no object in predictions,
  /// either; DAVIS-2017 only.
  ///
  /// Its semi-supervised evaluation takes them for background, so that an object predicted there
  /// is wrong; its unsupervised one leaves them out, as is done for YouTube-VOS in any case.
  public var ignoresVoid = false
  /// The objects of the sequences; YouTube-VOS only. nil: those in the masks.
  public var metadata: (contents: VideoMetadata, path: String)?
  /// The categories of the training set; nil: seen and unseen are not told apart.
  public var seenCategories: Set<String>?
  /// How many threads read and compare masks, 1 or more. Results do not depend on it.
  public var threads: Int {
    didSet { precondition(threads > 0, "\(threads) threads") }
  }
  /// Where to add what frames take; nil: no clock is looked at.
  public var times: EvaluationTimes?

  /// The standard of `rules` for all sequences.
  public init(_ rules: EvaluationProtocol, threads: Int = 1) {
    precondition(threads > 0, "\(threads) threads")
    self.rules = rules
    self.threads = threads
  }

  /// Whether void pixels count neither for nor against.
  var leavesOutVoid: Bool {
    switch rules {
    case .davis2017: ignoresVoid
    case .davis2016: false
    case .youtubeVOS: true
    }
  }
}
