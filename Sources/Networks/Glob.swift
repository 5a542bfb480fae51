/// A pattern with stars, matched in a time of the name's bytes times the pattern's, whatever both are.
///
///     start  star  text  star  text ...      `conv*_bn.**` is conv, *, _bn., **, and no text
struct Glob: Sendable, Hashable {
  /// A star with the text behind it.
  private struct Part: Sendable, Hashable {
    /// Whether it is `**`, which stands for dots and slashes too.
    let isAnything: Bool
    var text: [UInt8] = []
  }

  private var start: [UInt8] = []
  private var parts: [Part] = []

  /// Parses `pattern`, in which every character but stars stands for itself.
  init(_ pattern: String) {
    var rest = pattern.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "*") {
        let isAnything = rest.first == byte
        if isAnything { rest.removeFirst() }
        parts.append(Part(isAnything: isAnything))
      } else if parts.isEmpty {
        start.append(byte)
      } else {
        parts[parts.count - 1].text.append(byte)
      }
    }
  }

  /// The number of its stars.
  var starCount: Int { parts.count }

  /// What the stars stand for in `name`, the longest first, from the left; nil where it does not fit.
  func captures(in name: String) -> [String]? {
    guard let last = parts.last else { return name.utf8.elementsEqual(start) ? [] : nil }
    guard name.utf8.count >= start.count + last.text.count, name.utf8.starts(with: start),
      name.utf8.suffix(last.text.count).elementsEqual(last.text)
    else { return nil }
    if parts.count == 1 {
      let capture = name.utf8.dropFirst(start.count).dropLast(last.text.count)
      return last.isAnything || !capture.contains(where: Self.divides)
        ? [String(Substring(capture))] : nil
    }
    let bytes = Array(name.utf8)
    guard let ends = ends(in: bytes) else { return nil }
    var captures: [String] = []
    var position = start.count
    for (part, ends) in zip(parts, ends) {
      let rest = bytes[position...]
      let reach = part.isAnything ? nil : rest.firstIndex(where: Self.divides)
      guard let end = ends[position...(reach ?? bytes.count)].lastIndex(of: true) else {
        return nil
      }
      captures.append(String(decoding: bytes[position..<end], as: UTF8.self))
      position = end + part.text.count
    }
    return captures
  }

  /// For each star the places where it may end: what is behind it fits `name` from there on.
  ///
  /// Nil where the pattern does not fit.
  private func ends(in name: [UInt8]) -> [[Bool]]? {
    var rows: [[Bool]] = []
    var fits = [Bool](repeating: false, count: name.count + 1)
    fits[name.count] = true
    for part in parts.reversed() {
      let count = part.text.count
      var ends = [Bool](repeating: false, count: name.count + 1)
      for place in stride(from: name.count - count, through: 0, by: -1) where fits[place + count] {
        ends[place] = name[place..<place + count].elementsEqual(part.text)
      }
      fits = ends
      for place in name.indices.reversed()
      where fits[place + 1] && (part.isAnything || !Self.divides(name[place])) {
        fits[place] = true
      }
      rows.append(ends)
    }
    return fits[start.count] ? rows.reversed() : nil
  }

  /// Whether `byte` stands between components.
  private static func divides(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
  }
}
