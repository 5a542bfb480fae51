public import Files

/// The folder that a training keeps its checkpoints in: `step-00000200.safetensors` after 200 steps.
///
/// Each is written whole or not at all (`AtomicFile`), so that the last is good whenever the process
/// ends. Those of the last steps are kept, and that of the best validation. Other files of the folder
/// are left alone.
public struct CheckpointFolder: Sendable, Hashable {
  /// The path of the folder.
  public let path: String
  /// How many checkpoints are kept beside the best, at least 1.
  public let kept: Int

  /// The folder at `path`, which is created where it is missing.
  ///
  /// Throws `FileError.cannotCreate`.
  public init(path: String, keeping kept: Int) throws(FileError) {
    precondition(kept >= 1, "no checkpoints to keep")
    try Folder.create(at: path)
    self.path = path
    self.kept = kept
  }

  /// The steps that there are checkpoints of, from the first to the last. Throws `FileError`.
  public var steps: [Int] {
    get throws(FileError) { try Folder.names(at: path).compactMap(Self.step).sorted() }
  }

  /// The path of the checkpoint after `step` steps.
  public func file(of step: Int) -> String { "\(path)/\(Self.name(of: step))" }

  /// The path of the last checkpoint; nil: there is none. Throws `FileError`.
  public var latest: String? { get throws(FileError) { try steps.last.map(file) } }

  /// Checks that no other training has checkpoints here, for one that begins.
  ///
  /// Throws ``TrainingError/folderInUse(path:step:)`` or `FileError`.
  public func checkIsUnused() throws {
    if let step = try steps.last { throw TrainingError.folderInUse(path: path, step: step) }
  }

  /// Writes the checkpoint of `state`, then removes those that need not be kept any more. Throws what
  /// `SafetensorsFile.write` throws, or `FileError`.
  public func save(_ state: TrainingState) throws {
    try state.write(to: file(of: state.step))
    try removeOlder(than: state)
  }

  /// Removes the checkpoints that need not be kept beside that of `state`: the older ones but for that
  /// of ``TrainingState/best``. Those of later steps are left alone.
  ///
  /// Throws `FileError`.
  public func removeOlder(than state: TrainingState) throws(FileError) {
    for step in try steps.filter({ $0 <= state.step }).dropLast(kept)
    where step != state.best?.step {
      try FilePath.remove(file(of: step))
    }
  }

  /// The path of the last checkpoint of fewer than `step` steps, to go on from where one of `step` or
  /// more fails; those are removed. Where there is no earlier one, the answer is nil and all stay.
  ///
  /// Throws `FileError`.
  public func fallBack(before step: Int) throws(FileError) -> String? {
    let steps = try steps
    guard let good = steps.last(where: { $0 < step }) else { return nil }
    for failed in steps where failed >= step { try FilePath.remove(file(of: failed)) }
    return file(of: good)
  }

  private static let (prefix, suffix, digits) = ("step-", ".safetensors", 8)

  private static func name(of step: Int) -> String {
    let number = "\(step)"
    return prefix + String(repeating: "0", count: max(digits - number.count, 0)) + number + suffix
  }

  /// The step of the checkpoint called `name`; nil where a checkpoint would not be called that.
  private static func step(of name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix),
      let step = Int(name.dropFirst(prefix.count).dropLast(suffix.count)),
      name == self.name(of: step)
    else { return nil }
    return step
  }
}
