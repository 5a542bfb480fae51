/// The 256 colours that stand for the numbers of a mask.
public struct Palette: Sendable, Equatable {
  /// The colours as `R G B R G B ...`, 768 bytes.
  public let bytes: [UInt8]

  /// A palette of `triples`; numbers beyond them have the colours of ``objects``.
  public init(triples: [UInt8]) {
    precondition(triples.count.isMultiple(of: 3) && triples.count <= 768)
    bytes = triples + Self.objects.bytes[triples.count...]
  }

  private init(all bytes: [UInt8]) { self.bytes = bytes }

  /// The colour map of PASCAL VOC, which DAVIS uses too.
  ///
  /// Bits 0, 1, 2 of the id are bit 7 of red, green and blue; bits 3, 4, 5 are bit 6; bits 6, 7 are
  /// bit 5 of red and green.
  public static let objects: Palette = {
    var bytes: [UInt8] = []
    for id in 0..<256 {
      for channel in 0..<3 {
        var color = 0
        for level in 0..<3 { color |= (id >> (3 * level + channel) & 1) << (7 - level) }
        bytes.append(UInt8(color))
      }
    }
    return Palette(all: bytes)
  }()
}
