import ArgumentParser
import Files

/// What a command writes, checked before it reads or writes anything.
public enum Outputs {
  /// Checks that no output takes the place of an input or of another output.
  ///
  /// `outputs` are options with the paths given to them; of `inputs`, files and folders, a folder
  /// keeps what is right in it too. Throws `ValidationError` with the option and the path.
  public static func check(
    _ outputs: [(option: String, path: String?)], against inputs: [String?]
  ) throws {
    var taken: [(option: String, path: String)] = []
    for case (let option, let path?) in outputs {
      func refusal(_ others: String) -> ValidationError {
        ValidationError(
          "\(option): expected another file than \(others), found \(path)",
          hint: "name another: \(option) \(other(than: path, inputs, taken.map(\.path)).shellWord)")
      }
      for case let input? in inputs where replaces(path, input) { throw refusal("the inputs") }
      if let other = taken.first(where: { FilePath.areSame($0.path, path) }) {
        throw refusal(other.option)
      }
      taken.append((option, path))
    }
  }

  /// A path like `path` at which nothing is, in a folder that is none of `inputs`, and none of
  /// `taken`.
  private static func other(
    than path: String, _ inputs: [String?], _ taken: [String]
  ) -> String {
    let end = path.lastIndex { $0 != "/" }.map { path[...$0] } ?? path[...]
    let beside = Nearby.free(String(end), but: taken)
    return inputs.contains { $0.map { replaces(beside, $0) } ?? false }
      ? Nearby.free(FilePath.name(of: String(end)), but: taken) : beside
  }

  private static func replaces(_ output: String, _ input: String) -> Bool {
    FilePath.areSame(output, input)
      || Folder.areSame(FilePath.folder(of: FilePath.resolved(output)), input)
  }
}
