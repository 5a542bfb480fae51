import Foundation
import Testing

@testable import Pages

@Suite struct ColorTests {
  @Test func `contrast is that of WCAG's formula`() {
    #expect(ColorScheme.contrast(0x000000, 0xFFFFFF) == 21)
    #expect(ColorScheme.contrast(0xFFFFFF, 0xFFFFFF) == 1)
    // Published values: #767676 on white is the lightest gray that passes, #777777 the first that
    // fails.
    #expect(ColorScheme.contrast(0x767676, 0xFFFFFF) >= 4.5)
    #expect(ColorScheme.contrast(0x777777, 0xFFFFFF) < 4.5)
  }

  @Test(arguments: [ColorScheme.light, .dark])
  func `every ink is legible on every ground`(scheme: ColorScheme) {
    for ink in scheme.inks {
      for ground in scheme.grounds {
        #expect(
          ColorScheme.contrast(ink.rgb, ground.rgb) >= 4.5, "\(ink.name) on \(ground.name)")
      }
    }
  }

  @Test(arguments: [ColorScheme.light, .dark])
  func `the heat strip stands out the more the worse`(scheme: ColorScheme) {
    let contrasts = scheme.heat.map { ColorScheme.contrast($0, scheme.grounds[0].rgb) }
    #expect(contrasts == contrasts.sorted() && scheme.heat.count == HeatStrip.Scale.count)
    for (better, worse) in zip(contrasts, contrasts.dropFirst()) { #expect(worse / better > 1.15) }
    #expect((contrasts.last ?? 0) > 7)
  }

  @Test func `both schemes give the same names a colour`() {
    for part in [\ColorScheme.grounds, \.inks, \.rules] {
      #expect(
        ColorScheme.light[keyPath: part].map(\.name) == ColorScheme.dark[keyPath: part].map(\.name))
    }
  }
}

extension ColorScheme {
  /// The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
  fileprivate static func contrast(_ first: UInt32, _ second: UInt32) -> Double {
    let (a, b) = (luminance(first), luminance(second))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// WCAG 2.2, "relative luminance".
  private static func luminance(_ rgb: UInt32) -> Double {
    func linear(_ shift: UInt32) -> Double {
      let level = Double(rgb >> shift & 0xFF) / 255
      return level <= 0.04045 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
  }
}
