import Files

/// A picture in a folder: its name without its extension, and where it is.
struct PictureName {
  let name: String
  let path: String

  /// The number that the name ends in; nil: it ends in none.
  var number: Int? {
    Int(name.suffix(while: { $0.isASCII && $0.isNumber }))
  }

  /// The files in `folder` with one of `extensions`, in the order of their names.
  ///
  /// Throws ``ClipError/ambiguousName(path:other:)`` or `FileError`.
  static func all(in folder: String, extensions: Set<String>) throws -> [PictureName] {
    var files: [String: String] = [:]
    return try Folder.names(at: folder).compactMap { file in
      guard let dot = file.lastIndex(of: "."), dot > file.startIndex,
        extensions.contains(file[file.index(after: dot)...].lowercased())
      else { return nil }
      let name = String(file[..<dot])
      if let other = files.updateValue(file, forKey: name) {
        throw ClipError.ambiguousName(path: "\(folder)/\(file)", other: other)
      }
      return PictureName(name: name, path: "\(folder)/\(file)")
    }
  }
}

extension String {
  /// The longest end of which all characters fit.
  fileprivate func suffix(while fits: (Character) -> Bool) -> Substring {
    self[(lastIndex { !fits($0) }.map { index(after: $0) } ?? startIndex)...]
  }
}
