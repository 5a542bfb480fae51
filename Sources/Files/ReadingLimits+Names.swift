extension ReadingLimits {
  /// Checks that `name`, which a file gives, may be hashed, compared and shown: readers call it before
  /// they do any of that.
  ///
  /// `object` says what of the file at `path` holds the name, without it. Throws
  /// ``FileError/beyondLimit(path:object:limit:allowed:found:)`` for one of more than ``nameBytes``,
  /// and ``FileError/notStreamSafe(path:object:)``.
  public func check(
    name: String, of object: @autoclosure () -> String, in path: String
  ) throws(FileError) {
    try check(.nameBytes, name.utf8.count, of: object(), in: path)
    try Self.check(text: name, of: object(), in: path)
  }

  /// Checks that `text` is stream-safe, of any length.
  ///
  /// Throws ``FileError/notStreamSafe(path:object:)``.
  public static func check(
    text: String, of object: @autoclosure () -> String, in path: String
  ) throws(FileError) {
    guard text.isStreamSafe else { throw .notStreamSafe(path: path, object: object()) }
  }
}

extension String {
  /// The most combining marks in a row of a stream-safe text (UAX #15, Stream-Safe Text Format).
  static let mostMarks = 30

  /// Whether at most ``mostMarks`` characters in a row combine with the one before them.
  ///
  /// Comparing and hashing put such characters in order, in a time of the square of their number.
  /// Characters are counted as they stand, not decomposed, which makes at most four of one.
  public var isStreamSafe: Bool {
    guard !utf8.allSatisfy({ $0 < 0x80 }) else { return true }
    var marks = 0
    for scalar in unicodeScalars {
      marks = scalar.isMark ? marks + 1 : 0
      if marks > Self.mostMarks { return false }
    }
    return true
  }
}

extension Unicode.Scalar {
  /// Whether it combines with what is before it, or is made of such characters; the first is U+0300.
  ///
  /// Three vowel signs of Tibetan are of class 0 and made of marks that are not.
  fileprivate var isMark: Bool {
    guard value >= 0x300 else { return false }
    return properties.canonicalCombiningClass != .notReordered || value == 0xF73
      || value == 0xF75 || value == 0xF81
  }
}
