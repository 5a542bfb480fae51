import Glibc
import Training

/// How far the colours of a picture may change.
public struct ColorRange: Sendable, Hashable, Codable {
  /// How much may be added to or taken from red, green and blue, of 1.
  public var brightness: Double
  /// By what share differences to medium gray may grow or shrink, below 1.
  public var contrast: Double
  /// By what share differences to the pixel's own luma may grow or shrink, below 1.
  public var saturation: Double
  /// The degrees that colours may be turned around the axis of grays.
  public var hue: Double

  /// These ranges; those that are not given are 0.
  public init(
    brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// A change of these ranges.
  func change(_ random: inout SplitMix64) -> ColorChange {
    ColorChange(
      brightness: random.uniform(in: -brightness...brightness),
      contrast: 1 + random.uniform(in: -contrast...contrast),
      saturation: 1 + random.uniform(in: -saturation...saturation),
      hue: random.uniform(in: -hue...hue))
  }

  /// What is wrong with them, each line beginning with `name`.
  func problems(_ name: String) -> [String] {
    [
      ("brightness", brightness, 1.0), ("contrast", contrast, 0.99),
      ("saturation", saturation, 0.99), ("hue", hue, 180),
    ].compactMap { part, value, most in
      (0...most).contains(value) ? nil : "\(name) \(part): expected 0 to \(most), found \(value)"
    }
  }
}

/// A change of the colours of a picture.
struct ColorChange: Equatable {
  /// What is added to red, green and blue, of 1.
  var brightness = 0.0
  /// By what differences to medium gray are multiplied.
  var contrast = 1.0
  /// By what differences to the luma are multiplied.
  var saturation = 1.0
  /// The degrees that colours are turned around the axis of grays: 120 takes red to green.
  var hue = 0.0

  /// Both changes together.
  func with(_ other: ColorChange) -> ColorChange {
    ColorChange(
      brightness: brightness + other.brightness, contrast: contrast * other.contrast,
      saturation: saturation * other.saturation, hue: hue + other.hue)
  }

  /// The change, from colours of 0 to 255 that are multiplied by their opacity to such of 0 to 1.
  var matrix: ColorMatrix {
    let (sine, cosine) = (sin(hue * .pi / 180), cos(hue * .pi / 180))
    let same = (1 + 2 * cosine) / 3
    let next = (1 - cosine) / 3 + sine / 3.0.squareRoot()
    let last = (1 - cosine) / 3 - sine / 3.0.squareRoot()
    let turned = [
      SIMD3(same, next, last), SIMD3(last, same, next), SIMD3(next, last, same),
    ]
    let luma = SIMD3(0.299, 0.587, 0.114)
    let columns = turned.map { column -> SIMD4<Float> in
      let gray = (column * luma).sum()
      let color = (column * saturation + gray * (1 - saturation)) * contrast
      return SIMD4<Float>(SIMD4<Double>(color, 0) / 255)
    }
    let offset = 0.5 * (1 - contrast) + brightness
    return ColorMatrix(
      red: columns[0], green: columns[1], blue: columns[2],
      alpha: SIMD4<Float>(SIMD4(offset, offset, offset, 1) / 255))
  }
}

/// The columns of what makes other colours of red, green, blue and alpha.
struct ColorMatrix: Equatable {
  /// What each of the four adds, for each of the four.
  let red: SIMD4<Float>, green: SIMD4<Float>, blue: SIMD4<Float>, alpha: SIMD4<Float>

  /// The colour that becomes of `pixel`, at least 0 and at most its opacity.
  @inline(__always)
  func callAsFunction(_ pixel: SIMD4<Float>) -> SIMD4<Float> {
    var color = red * pixel.x + green * pixel.y + blue * pixel.z + alpha * pixel.w
    let most = SIMD4(repeating: color.w)
    color.replace(with: 0, where: color .< 0)
    color.replace(with: most, where: color .> most)
    return color
  }
}
