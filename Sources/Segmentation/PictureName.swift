import Files

/// A picture in a folder: its name without its extension, and where it is.
public struct PictureName: Sendable, Hashable {
  /// The file's name without its extension, which is that of the frame.
  public let name: String
  /// The file.
  public let path: String

  /// The number that the name ends in; nil: it ends in none.
  var number: Int? { Int(digits) }

  /// What comes before the number.
  private var stem: Substring { name.dropLast(digits.count) }

  private var digits: Substring { name.suffix(while: { $0.isASCII && $0.isNumber }) }

  /// The frames in `folder`, `.jpg`, `.jpeg` or `.png` in capitals or not, hidden files apart: in the
  /// order of their numbers where these are all that tells them apart, else in that of their names.
  ///
  /// Throws ``ClipError/ambiguousName(path:other:)`` or `FileError`.
  public static func frames(in folder: String) throws -> [PictureName] {
    try all(in: folder, extensions: ["jpg", "jpeg", "png"])
  }

  /// The masks in `folder`, `.png`, as ``frames(in:)`` lists frames.
  ///
  /// Throws ``ClipError/ambiguousName(path:other:)`` or `FileError`.
  public static func masks(in folder: String) throws -> [PictureName] {
    try all(in: folder, extensions: ["png"])
  }

  private static func all(in folder: String, extensions: Set<String>) throws -> [PictureName] {
    var files: [String: String] = [:]
    let pictures = try Folder.visibleNames(at: folder).compactMap { file -> PictureName? in
      guard let dot = file.lastIndex(of: "."),
        extensions.contains(file[file.index(after: dot)...].lowercased())
      else { return nil }
      let name = String(file[..<dot])
      if let other = files.updateValue(file, forKey: name) {
        throw ClipError.ambiguousName(path: "\(folder)/\(file)", other: other)
      }
      return PictureName(name: name, path: "\(folder)/\(file)")
    }
    let numbers = pictures.compactMap(\.number)
    guard numbers.count == pictures.count, Set(pictures.map(\.stem)).count == 1 else {
      return pictures
    }
    return zip(numbers, pictures).sorted { $0.0 < $1.0 }.map(\.1)
  }
}

extension Folder {
  /// The names in the folder at `path` but for hidden ones. Throws `FileError`.
  static func visibleNames(at path: String) throws(FileError) -> [String] {
    try names(at: path).filter { !$0.hasPrefix(".") }
  }
}

extension String {
  /// The longest end of which all characters fit.
  fileprivate func suffix(while fits: (Character) -> Bool) -> Substring {
    self[(lastIndex { !fits($0) }.map { index(after: $0) } ?? startIndex)...]
  }
}
