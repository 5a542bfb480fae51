extension String {
  /// The text as one word of a command line: in single quotes where a shell would read it as
  /// something else.
  public var shellWord: String {
    let isPlain = utf8.allSatisfy { byte in
      Self.plainBytes.contains(byte) || byte >= 0x80
    }
    guard isEmpty || !isPlain else { return self }
    return "'" + replacing("'", with: #"'\''"#) + "'"
  }

  private static let plainBytes = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:+-=@%".utf8)
}

extension [String] {
  /// The texts as words of a command line, with spaces between.
  public var shellWords: String { map(\.shellWord).joined(separator: " ") }
}
