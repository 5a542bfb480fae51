public import ArgumentParser

extension ValidationError {
  /// What a hint of an error's own begins with, on the last line of its message: the parser hands
  /// on nothing but a text.
  static let hintMark = "hint: "

  /// An error that says what to do about it, in place of the command's `--help`.
  public init(_ message: String, hint: String) {
    self.init("\(message)\n\(Self.hintMark)\(hint)")
  }
}
