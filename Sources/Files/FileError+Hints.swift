import Glibc

extension FileError {
  /// What to do where nothing is at `path`: the nearest that is there, if it is near.
  static func hintForMissing(_ path: String) -> String {
    if let expanded = Nearby.expanded(path), FilePath.exists(expanded) {
      return "a shell leaves ~ between quotes as it is; write: \(expanded.shellWord)"
    }
    if let alike = Nearby.alike(path) { return "there is one called alike: \(alike.shellWord)" }
    return "check the spelling of the path, or name a file that exists"
  }

  /// What to do where `path` is a folder and a file is meant: the files in it, if they are few.
  static func hintForFolder(_ path: String) -> String {
    let files = Nearby.files(in: path)
    return files.isEmpty
      ? "name the file itself, not its folder"
      : "name what is meant of the files in it: \(files.shellWords)"
  }

  /// What to do where for this reason no file or folder can be created at `path`.
  static func hintForOutput(_ path: String, _ reason: String) -> String {
    if let expanded = Nearby.expanded(path) {
      return "a shell leaves ~ between quotes as it is; write: \(expanded.shellWord)"
    }
    if reason == Files.reason(EEXIST) { return "a file is called so; name another folder" }
    let folder = FilePath.parent(of: path)
    if !FilePath.exists(folder) { return "make its folder first: mkdir -p \(folder.shellWord)" }
    if Folder.exists(at: path) {
      return "this is a folder; name a file, in it or elsewhere"
    }
    return "name a regular file in a folder that exists and can be written to"
  }
}
