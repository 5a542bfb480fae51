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
      for case let input? in inputs where replaces(path, input) {
        throw ValidationError("\(option): expected another file than the inputs, found \(path)")
      }
      if let other = taken.first(where: { FilePath.areSame($0.path, path) }) {
        throw ValidationError(
          "\(option): expected another file than \(other.option), found \(path)")
      }
      taken.append((option, path))
    }
  }

  private static func replaces(_ output: String, _ input: String) -> Bool {
    FilePath.areSame(output, input)
      || Folder.areSame(FilePath.folder(of: FilePath.resolved(output)), input)
  }
}
