import Foundation

extension Decodable {
  /// Decodes `text`, the JSON of the part of the file at `path` that `part` names in messages.
  ///
  /// ``JSONParser`` reads it first, so that its names may be hashed, which decoding does; of names that
  /// repeat the decoder takes one. Throws ``FileError`` or `DecodingError`, or what the type itself throws.
  public init(
    checking text: [UInt8], path: String, part: String, limits: ReadingLimits = .standard
  ) throws {
    _ = try JSONParser.value(of: text, path: path, part: part, limits: limits, mayRepeat: true)
    self = try JSONDecoder().decode(Self.self, from: Data(text))
  }
}
