extension ReadingLimits {
  /// The largest file of limits, in bytes.
  private static let longestText = 65_536

  /// Reads the limits in the file at `path`, a JSON object: `{"tensors": 200000, "rank": 12}`.
  ///
  /// Limits that it leaves out are those of ``standard``. Throws ``FileError``: a name that no limit
  /// has, and a value that is no whole number of at least 0, are refused by name.
  public init(readingFrom path: String) throws(FileError) {
    self.init()
    let file = try FileBytes(path: path)
    guard file.count <= Self.longestText else {
      throw Self.malformed(
        path, "expected at most \(Self.longestText) bytes, found \(file.count)")
    }
    let text = file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    guard let members = try JSONParser.value(of: text, path: path, part: Self.part).members else {
      throw Self.malformed(path, "expected an object of numbers by name")
    }
    let problems = members.compactMap { set($0.name, to: $0.value) }
    guard problems.isEmpty else {
      throw Self.malformed(path, problems.joined(separator: "; "))
    }
  }

  private static let part = "limits"

  /// Sets the limit called `name`; returns what is wrong with it, or nil.
  private mutating func set(_ name: String, to value: JSONValue) -> String? {
    guard let key = Key(rawValue: name) else {
      return "expected \(Key.allCases.map(\.rawValue).joined(separator: ", ")), found '\(name)'"
    }
    let largest = key == .depth ? Self.deepest : Int.max
    guard let number = value.integer, (0...largest).contains(number) else {
      return "\(name): expected a whole number from 0 to \(largest), found \(value.kind)"
    }
    self[key] = number
    return nil
  }

  private static func malformed(_ path: String, _ reason: String) -> FileError {
    .malformedJSON(path: path, part: part, reason: reason)
  }
}
