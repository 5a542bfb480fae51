public import Cluster

/// The scores of predicted masks, by frame, object, sequence and set.
public struct Evaluation: Sendable {
  /// One object in one frame.
  public struct Frame: Sendable, Hashable, Codable {
    /// The name of the frame.
    public let name: String
    /// How well its mask fits.
    public let score: MaskScore
  }

  /// One object of a sequence.
  public struct Object: Sendable, Codable {
    /// Its id in the masks; 1 where objects are merged.
    public let id: UInt8
    /// What it is, where the data set says so.
    public let category: String?
    /// The frames that count.
    public let frames: [Frame]
    /// Their statistics; nil: no frame counts.
    public let summary: ScoreSummary?
  }

  /// One sequence.
  public struct Sequence: Sendable, Codable {
    /// Its name.
    public let name: String
    /// Its objects in the order of their ids.
    public let objects: [Object]
    /// The means of the objects' statistics.
    public let summary: ScoreSummary?
    /// How many frames count for at least one object.
    public let frameCount: Int
  }

  /// The scores of objects whose category was in the training set, and of the others.
  public struct Categories: Sendable {
    /// Means over the objects whose category was.
    public let seen: ScoreSummary?
    /// How many these are.
    public let seenCount: Int
    /// Means over the others.
    public let unseen: ScoreSummary?
    /// How many these are.
    public let unseenCount: Int

    /// G: the mean of J and F of the seen and of the unseen; nil: there are none of one kind.
    public var overall: Double? {
      seen.flatMap { seen in unseen.map { (seen.overall + $0.overall) / 2 } }
    }
  }

  /// The rules that it follows.
  public let rules: EvaluationProtocol
  /// Whether the first frame of a sequence was asked to count, too.
  public let countsFirst: Bool
  /// Whether the last frame of a sequence was asked to count, too.
  public let countsLast: Bool
  /// Whether void pixels were asked to be left out of predictions.
  public let ignoresVoid: Bool
  /// The sequences in the order of their names or in that asked for.
  public let sequences: [Sequence]
  /// The means over all objects of all sequences, as DAVIS-2017 has them; for one object in each
  /// sequence they are those over sequences, as DAVIS-2016 has them.
  public let summary: ScoreSummary?
  /// Seen and unseen categories, where these are known.
  public let categories: Categories?

  /// Scores the masks under `predictions` beside the ground truth under `truth`, folders in one of
  /// the layouts that `stm-evaluate --help` shows. The processes of `group` share the sequences, and
  /// all are given all scores.
  ///
  /// `progress` is given how many frames are done, and of how many, from any thread. Throws
  /// ``EvaluationError`` with everything that is wrong, `ClipError`, `FileError` or `ClusterError`.
  public init(
    predictions: String, truth: String, options: EvaluationOptions,
    in group: any ProcessGroup = SingleProcess(),
    progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws {
    precondition(
      options.seenCategories == nil || options.metadata != nil, "objects without categories")
    let pairs = try SequencePair.all(
      predictions: MaskFolders(path: predictions), truth: MaskFolders(path: truth),
      chosen: options.sequences)
    let parts = try group.share(pairs) { SequenceScores.all($0, options, progress: progress) }
    let problems = parts.flatMap(\.problems) + parts.flatMap(\.maskProblems)
    guard problems.isEmpty else { throw EvaluationError.problems(problems) }
    try options.times?.addUp(in: group)
    sequences = parts.compactMap(\.sequence)
    rules = options.rules
    (countsFirst, countsLast) = (options.countsFirst, options.countsLast)
    ignoresVoid = options.ignoresVoid
    let objects = sequences.flatMap(\.objects)
    summary = ScoreSummary(meanOf: objects.compactMap(\.summary))
    categories = options.seenCategories.map { Categories(objects, seen: $0) }
  }
}

extension Evaluation.Categories {
  fileprivate init(_ objects: [Evaluation.Object], seen categories: Set<String>) {
    let scored = objects.filter { $0.summary != nil }
    let seen = scored.filter { $0.category.map(categories.contains) ?? false }
    let unseen = scored.filter { !($0.category.map(categories.contains) ?? false) }
    self.seen = ScoreSummary(meanOf: seen.compactMap(\.summary))
    self.unseen = ScoreSummary(meanOf: unseen.compactMap(\.summary))
    (seenCount, unseenCount) = (seen.count, unseen.count)
  }
}
