/// The colours of the page in light and in dark.
///
/// Hues are those of Okabe and Ito's set for every kind of colour vision, darkened or lightened until
/// text in them reads; lines differ by dash and marker besides. ``heat`` runs in one hue from what
/// hardly shows to what stands out, whichever the background.
struct ColorScheme: Sendable {
  /// A colour by what it is for: the name of its CSS variable, and red, green and blue.
  typealias Color = (name: String, rgb: UInt32)

  /// What lies behind everything, and behind tables and charts.
  let grounds: [Color]
  /// What is written or drawn, each legible on every ground.
  let inks: [Color]
  /// Rules and grids, which carry nothing.
  let rules: [Color]
  /// The classes of the heat strip, from good to bad.
  let heat: [UInt32]

  /// For light surroundings.
  static let light = ColorScheme(
    grounds: [("ground", 0xFFFFFF), ("panel", 0xF6F7F9)],
    inks: [
      ("text", 0x16191D), ("muted", 0x545B64), ("link", 0x0A5290), ("pass", 0x0B6B3A),
      ("fail", 0xB3211B), ("line-0", 0x0063A6), ("line-1", 0xA84300), ("line-2", 0x5F5F5F),
      ("line-3", 0x8F3F73),
    ],
    rules: [("rule", 0xDDE1E6)],
    heat: [0xE8EEF6, 0xC4D5EA, 0x9DB9DC, 0x7499CC, 0x4D78B5, 0x2F5691, 0x173663])

  /// For dark surroundings.
  static let dark = ColorScheme(
    grounds: [("ground", 0x121417), ("panel", 0x1B1E23)],
    inks: [
      ("text", 0xE8EAED), ("muted", 0xA3ABB5), ("link", 0x8CC4F5), ("pass", 0x6CCF95),
      ("fail", 0xFF8F87), ("line-0", 0x6DB7F0), ("line-1", 0xF2A65E), ("line-2", 0xB4B4B4),
      ("line-3", 0xE3A0C8),
    ],
    rules: [("rule", 0x343A42)],
    heat: [0x1E2936, 0x27405C, 0x335A83, 0x4677A9, 0x6797C9, 0x93B9E1, 0xCFE2F5])

  /// The custom properties that the style sheet uses.
  var properties: String {
    let named = (grounds + inks + rules).map { "--\($0.name):\(Self.css($0.rgb))" }
    let heat = heat.enumerated().map { "--heat-\($0.offset):\(Self.css($0.element))" }
    return (named + heat).joined(separator: ";")
  }

  private static func css(_ rgb: UInt32) -> String {
    let digits = String(rgb, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
