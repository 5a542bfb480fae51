import Tensors

/// The settings of Resize, or of Upsample before it.
struct Resizing {
  /// How values between points come about.
  private enum Mode: String {
    case nearest, linear, cubic
  }

  /// Where points lie.
  let coordinates: ResizeCoordinates
  private let mode: Mode
  /// Nil before operator set 11: down where an axis grows, up where it shrinks.
  private let nearest: NearestPoint?
  private let cubicCoefficient: Double
  private let excludesOutside: Bool
  private let smoothes: Bool
  private let extrapolation: Float

  /// The settings of `call`. Before operator set 11 points are asymmetric.
  init(_ call: OperatorCall) throws {
    func choice<Choice: RawRepresentable<String>>(
      _ name: String, _ standard: String
    ) throws -> Choice {
      let text = try call.text(name, standard)
      guard let choice = Choice(rawValue: text) else {
        throw OperatorFailure.unsupported("\(name) '\(text)' is not supported")
      }
      return choice
    }
    let isLegacy = call.opset < 11
    mode = try choice("mode", "nearest")
    coordinates = try choice(
      "coordinate_transformation_mode", isLegacy ? "asymmetric" : "half_pixel")
    nearest = try isLegacy ? nil : choice("nearest_mode", "round_prefer_floor")
    cubicCoefficient = Double(try call.float("cubic_coeff_a", -0.75))
    excludesOutside = try call.flag("exclude_outside")
    smoothes = try call.flag("antialias")
    extrapolation = try call.float("extrapolation_value", 0)
    guard mode != .nearest || !smoothes else {
      throw OperatorFailure.unsupported("antialias is not supported with mode 'nearest'")
    }
  }

  /// Whether a kernel for bilinear interpolation between half-pixel centres does the same along
  /// `axes`.
  func isBilinear(_ axes: [ResizedAxis]) -> Bool {
    guard mode == .linear, !excludesOutside else { return false }
    let isHalfPixel =
      switch coordinates {
      case .halfPixel, .halfPixelSymmetric: true
      case .pytorchHalfPixel: axes.allSatisfy { $0.output > 1 }
      default: false
      }
    return isHalfPixel
      && axes.allSatisfy {
        Float($0.output) == $0.scale * Float($0.input) && !(smoothes && $0.scale < 1)
      }
  }

  /// `x` resized along `axes`, one after the other, which makes it a value of `shape`.
  func resized(_ x: Value, along axes: [ResizedAxis], to shape: Shape) throws -> Value {
    let outside = coordinates == .cropAndResize ? axes.map { ($0.index, $0.outside) } : []
    guard mode != .nearest else {
      var value = x
      for axis in axes {
        let nearest = nearest ?? (axis.scale < 1 ? .ceil : .floor)
        let positions = (0..<axis.output).map {
          nearest.position(axis.coordinate($0, in: coordinates), of: axis)
        }
        let selection = AxisSelection(positions, axis: axis.index, of: value.shape)
        value = try value.rearranged(value.shape.replacing(axis), by: selection)
      }
      return try filled(value, at: outside)
    }
    let samplings = axes.map { axis in
      AxisSampling(
        axis.index, positions: (0..<axis.output).map { axis.coordinate($0, in: coordinates) },
        extent: axis.input, kernel: kernel(for: axis), excludesOutside: excludesOutside)
    }
    switch try x.elements {
    case .float(let values):
      let value = Value(x.elementType, shape, floats: sampled(values, x.shape, samplings))
      return try filled(value, at: outside)
    case .double(let values):
      let value = Value(.float64, shape, exact: .double(sampled(values, x.shape, samplings)))
      return try filled(value, at: outside)
    case .integer(let values):
      let result = sampled(values.map(Double.init), x.shape, samplings)
      let value = Value(
        x.elementType, shape, exact: .integer(result.map { x.elementType.truncated($0) }))
      return try filled(value, at: outside)
    case .unsigned, .bool: throw Value.unsupported(x.elementType)
    }
  }

  private func kernel(for axis: ResizedAxis) -> SamplingKernel {
    SamplingKernel(
      shape: mode == .cubic ? .cubic(cubicCoefficient) : .linear,
      scale: smoothes ? min(Double(axis.scale), 1) : 1)
  }

  private func sampled<Number: BinaryFloatingPoint & Carrier>(
    _ values: [Number], _ shape: Shape, _ samplings: [AxisSampling]
  ) -> [Number] {
    var (values, shape) = (values, shape)
    for sampling in samplings { (values, shape) = sampling.sampled(values, shape) }
    return values
  }

  /// `value` with the extrapolation value at the positions of every axis.
  private func filled(_ value: Value, at outside: [(Int, [Int])]) throws -> Value {
    guard outside.contains(where: { !$0.1.isEmpty }) else { return value }
    let fill: Value.Elements
    switch try value.elements {
    case .float: fill = try Value(value.elementType, [1], floats: [extrapolation]).elements
    case .double: fill = .double([Double(extrapolation)])
    case .integer: fill = .integer([value.elementType.truncated(Double(extrapolation))])
    case .unsigned, .bool: throw Value.unsupported(value.elementType)
    }
    return try value.rearranged(
      value.shape, by: AxisFilling(shape: value.shape, positions: outside, fill: fill))
  }
}

/// Elements of which those at chosen positions of some axes are all the same.
private struct AxisFilling: Rearrangement {
  let shape: Shape
  let positions: [(axis: Int, positions: [Int])]
  let fill: Value.Elements

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    guard let fill = Element.values(of: fill)?.first else { return values }
    var result = values
    for (axis, positions) in positions {
      let (outer, inner) = shape.products(around: axis)
      for row in 0..<outer {
        for position in positions {
          let start = (row * shape[axis] + position) * inner
          for index in start..<start + inner { result[index] = fill }
        }
      }
    }
    return result
  }
}

extension Shape {
  /// The shape once `axis` is resized.
  fileprivate func replacing(_ axis: ResizedAxis) -> Shape {
    var dimensions = dimensions
    dimensions[axis.index] = axis.output
    return Shape(dimensions)
  }
}

extension ElementType {
  /// The integer of this type next to `number` on the way to 0.
  fileprivate func truncated(_ number: Double) -> Int64 {
    let bits = 8 * byteCount
    let isSigned = [.int8, .int16, .int32, .int64].contains(self)
    let highest = Int64.max >> (isSigned ? 64 - bits : 63 - bits)
    let lowest: Int64 = isSigned ? -highest - 1 : 0
    guard number > Double(lowest) else { return lowest }
    guard number < Double(highest) else { return highest }
    return Int64(number)
  }
}
