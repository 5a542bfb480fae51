/// Where the points of a resized axis lie in the input.
enum ResizeCoordinates: String {
  case halfPixel = "half_pixel"
  case halfPixelSymmetric = "half_pixel_symmetric"
  case pytorchHalfPixel = "pytorch_half_pixel"
  case alignCorners = "align_corners"
  case asymmetric
  case cropAndResize = "tf_crop_and_resize"
  case nearestHalfPixel = "tf_half_pixel_for_nn"
}

/// What becomes of one axis of a resized value.
struct ResizedAxis {
  /// The axis.
  let index: Int
  /// The extents before and after.
  let input, output: Int
  /// The factor between them, before the extent was rounded.
  let scale: Float
  /// The part of the axis that is resized, where 1 is the whole; for `tf_crop_and_resize` alone.
  var region: (start: Float, end: Float) = (0, 1)

  /// By how much the axis grows.
  var growth: Double { Double(output) / Double(max(input, 1)) }

  /// Whether every point stays where it is.
  func isUnchanged(in coordinates: ResizeCoordinates) -> Bool {
    input == output && (scale == 1 || coordinates == .cropAndResize) && region == (0, 1)
  }

  /// Where point `position` of the output lies in the input.
  ///
  /// Computed in binary32, as others do: which point is nearest depends on it. The extent that
  /// `align_corners` and `half_pixel_symmetric` divide by is not rounded.
  func coordinate(_ position: Int, in coordinates: ResizeCoordinates) -> Float {
    let x = Float(position)
    let (length, resized) = (Float(input), Float(output))
    switch coordinates {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .halfPixelSymmetric:
      return length / 2 * (1 - resized / (scale * length)) + (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return output > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .alignCorners:
      let target = scale * length
      return target == 1 ? 0 : x * (length - 1) / (target - 1)
    case .asymmetric: return x / scale
    case .cropAndResize:
      let (start, end) = region
      return output > 1
        ? start * (length - 1) + x * (end - start) * (length - 1) / (resized - 1)
        : 0.5 * (start + end) * (length - 1)
    case .nearestHalfPixel: return (x + 0.5) / scale
    }
  }

  /// The points of the output that lie outside of the input.
  var outside: [Int] {
    (0..<output).filter { position in
      let x = coordinate(position, in: .cropAndResize)
      return !(x >= 0 && x <= Float(input - 1))
    }
  }
}

/// Which point of the input is nearest to a coordinate.
enum NearestPoint: String {
  case roundPreferFloor = "round_prefer_floor"
  case roundPreferCeil = "round_prefer_ceil"
  case floor
  case ceil

  /// The point of `axis` nearest to `coordinate`.
  func position(_ coordinate: Float, of axis: ResizedAxis) -> Int {
    let rounded: Float =
      switch self {
      case .roundPreferFloor: (coordinate - 0.5).rounded(.up)
      case .roundPreferCeil: (coordinate + 0.5).rounded(.down)
      case .floor: coordinate.rounded(.down)
      case .ceil: coordinate.rounded(.up)
      }
    guard rounded > 0 else { return 0 }
    return rounded < Float(axis.input - 1) ? Int(rounded) : axis.input - 1
  }
}
