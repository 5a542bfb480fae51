import Execution
import Networks
import Quantization
import Tensors

/// One number of a convolution's value, summed in binary64: what is to be held.
///
/// Before a fused ReLU, with the bias and the residual, in the network's units.
public struct ExactSum: Sendable, Hashable {
  /// The sum.
  public let value: Double
  /// The sum of the magnitudes of all its terms: no partial sum is larger.
  public let magnitude: Double
  /// The term of the largest magnitude.
  public let largestTerm: Double

  /// The sum that `step` of `bound` makes at `position` of what `inputs` hold; nil where it is no
  /// convolution.
  init?(
    of step: Step, in bound: BoundProgram, at position: Location.Position, _ inputs: [FloatTensor]
  ) {
    guard let geometry = step.convolution else { return nil }
    var terms = Terms()
    let unit: Double
    switch bound.parameters(of: step) {
    case .float(.convolution(let weight, let bias, let normalization)):
      unit = 1
      let operand = bound.operandStorage(of: step, 0)
      let normalized = bound.normalizedStorage(of: step)
      Self.forEachProduct(geometry, position, inputs[0]) { x, channel, index in
        var x = x / (bound.factors[step.inputs[0]]?[channel] ?? 1)
        if let normalization {
          x = normalized.rounded(
            (x - normalization.mean[channel]) / normalization.deviation[channel])
        } else {
          x = operand.rounded(x)
        }
        terms.add(Double(x) * Double(weight.values[index]))
      }
      if let bias { terms.add(Double(bias[position.channel])) }
    case .integer(let convolution):
      unit =
        Double(convolution.scale[position.channel]) * Double(convolution.output?.scale ?? 1)
      let zeroPoint = convolution.input.zeroPoint
      Self.forEachProduct(geometry, position, inputs[0]) { x, channel, index in
        let q = convolution.input.quantize(x / (bound.factors[step.inputs[0]]?[channel] ?? 1))
        terms.add(Double(q - zeroPoint) * Double(convolution.weight[index]) * unit)
      } padding: { channel, index in
        guard !convolution.padding.isEmpty else { return }
        terms.add(
          Double(convolution.padding[channel] - zeroPoint) * Double(convolution.weight[index])
            * unit)
      }
      if !convolution.bias.isEmpty {
        terms.add(Double(convolution.bias[position.channel]) * unit)
      }
    case .float: return nil
    }
    let factor = Double(bound.factors[step.name]?[position.channel] ?? 1)
    terms.multiply(by: factor)
    if step.addsResidual, let residual = inputs.last {
      terms.add(Double(residual[position]))
    }
    (value, magnitude, largestTerm) = (terms.sum, terms.magnitude, terms.largest)
  }

  private struct Terms {
    var (sum, magnitude, largest) = (0.0, 0.0, 0.0)

    mutating func add(_ term: Double) {
      sum += term
      magnitude += abs(term)
      if abs(term) > abs(largest) { largest = term }
    }

    mutating func multiply(by factor: Double) {
      (sum, magnitude, largest) = (sum * factor, magnitude * factor, largest * factor)
    }
  }

  /// Calls `body` with every number under the window, its channel and the index of its weight, and
  /// `padding` where there is none.
  private static func forEachProduct(
    _ geometry: Convolution, _ position: Location.Position, _ input: FloatTensor,
    _ body: (Float, Int, Int) -> Void, padding: (Int, Int) -> Void = { _, _ in }
  ) {
    let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
    let object = input.shape[0] == 1 ? 0 : position.object
    for channel in 0..<channels {
      for tap in 0..<geometry.kernel * geometry.kernel {
        let row = position.row * geometry.stride - geometry.padding + tap / geometry.kernel
        let column = position.column * geometry.stride - geometry.padding + tap % geometry.kernel
        let index =
          (position.channel * channels + channel) * geometry.kernel * geometry.kernel + tap
        guard (0..<height).contains(row), (0..<width).contains(column) else {
          padding(channel, index)
          continue
        }
        let place = ((object * channels + channel) * height + row) * width + column
        body(input.values[place], channel, index)
      }
    }
  }
}

extension FloatTensor {
  /// The element at `position`, in the one object that there is where there are not more.
  subscript(position: Location.Position) -> Float {
    let object = shape[0] == 1 ? 0 : position.object
    return values[
      ((object * shape[1] + position.channel) * shape[2] + position.row) * shape[3]
        + position.column]
  }
}
