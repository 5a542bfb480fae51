import Execution
import Networks
import OnnxFiles
import Quantization
import Tensors

extension GraphExporter {
  /// Adds the convolution that `step` starts with, and its parameters.
  ///
  /// Throws what reading a parameter throws.
  mutating func convolution(
    _ step: Step, _ geometry: Convolution, _ x: String
  ) throws -> String {
    let kernel = try kernel(of: step, step.layer)
    let bias = try bias(of: step, geometry)
    return node(
      step.layer, "Conv", [centred(step, x), kernel] + [bias].compactMap { $0 },
      attributes(of: geometry))
  }

  /// Adds the layers of `step`, a convolution that normalizes images, up to their sum.
  ///
  /// Throws what reading a parameter throws.
  mutating func imageConvolutions(_ step: Step) throws -> String {
    guard
      case .float(.convolution(_, _, let normalization?)) = bound.parameters(of: step)
    else { preconditionFailure("step '\(step.name)' normalizes nothing") }
    let images = step.parts.count == 1 ? step.inputs : bound.program.step(step.inputs[0])?.inputs
    let storage = bound.normalizedStorage(of: step)
    var (terms, channel): ([String], Int) = ([], 0)
    for (part, image) in zip(step.parts, images ?? []) {
      let channels = channel..<channel + part.convolution.inputChannels
      channel = channels.upperBound
      var x = drawn(image)
      if let folded = part.normalization {
        x = normalize(
          folded.layer, folded.module, Array(normalization.mean[channels]),
          Array(normalization.deviation[channels]), x)
        x = store(folded.layer, from: x, as: storage)
      } else if bound.storage(of: image) != storage {
        x = store(image, from: x, as: storage)
      }
      let kernel = try kernel(of: step, part.layer, channels)
      let bias = terms.isEmpty ? try bias(of: step, part.convolution) : nil
      terms.append(
        node(
          part.layer, "Conv", [x, kernel] + [bias].compactMap { $0 },
          attributes(of: part.convolution)))
    }
    guard terms.count > 1 else { return terms[0] }
    let sum = step.covers.first { layers[$0] == .add } ?? "\(step.layer).sum"
    return node(sum, terms.count == 2 ? "Add" : "Sum", terms)
  }

  /// `x` less what padding is, by channel, for a convolution on integers that reads images: around
  /// that `Conv` pads with zeros.
  private mutating func centred(_ step: Step, _ x: String) -> String {
    guard case .integer(let convolution) = bound.parameters(of: step),
      !convolution.padding.isEmpty
    else { return x }
    let padding = convolution.padding.map(convolution.input.dequantize)
    return node(
      "\(step.layer).centred", "Sub",
      [x, constant("\(step.layer).padding", perChannel(padding))])
  }

  private func attributes(of geometry: Convolution) -> [String: OnnxAttribute] {
    [
      "kernel_shape": .integers([geometry.kernel, geometry.kernel]),
      "strides": .integers([geometry.stride, geometry.stride]),
      "pads": .integers([Int](repeating: geometry.padding, count: 4)),
    ]
  }

  /// The kernel of `layer` in binary32, made of what the model holds where that is less; of that of
  /// `step` it is `channels`, or all.
  private mutating func kernel(
    of step: Step, _ layer: String, _ channels: Range<Int>? = nil
  ) throws -> String {
    let name = "\(layer).weight"
    guard let entry = weights[name] else { throw ParameterError.missing(name) }
    if entry.elementType == .int8 {
      let scales = try floats("\(name).scale")
      return dequantized(name, entry, scales)
    }
    guard case .float(.convolution(let weight, _, _)) = bound.parameters(of: step) else {
      preconditionFailure("step '\(step.name)' has no kernel")
    }
    let isFoldedNow = step.batchNorm.map { weights["\($0.layer).running_var"] != nil } ?? false
    switch entry.elementType {
    case .float16 where !isFoldedNow, .bfloat16 where !isFoldedNow:
      return widened(entry, as: name)
    default: return constant(name, Tensor(channels.map { weight.sliced($0, axis: 1) } ?? weight))
    }
  }

  private mutating func bias(of step: Step, _ geometry: Convolution) throws -> String? {
    let name = "\(step.layer).bias"
    switch bound.parameters(of: step) {
    case .float(.convolution(_, let bias, _)):
      return bias.map { constant(name, Tensor(FloatTensor(shape: [$0.count], values: $0))) }
    case .integer(let convolution):
      guard step.hasBias else { return nil }
      guard convolution.padding.isEmpty else {
        let values = convolution.paddedBias(
          weightScales: try floats("\(step.layer).weight.scale"))
        return constant(name, Tensor(FloatTensor(shape: [values.count], values: values)))
      }
      let values = try floats(name)
      let scales = try floats("\(step.layer).weight.scale").map { convolution.input.scale * $0 }
      let isQuantizedAtOnce = convolution.output != nil && !step.addsResidual
      let products = geometry.inputChannels * geometry.kernel * geometry.kernel
      guard isQuantizedAtOnce,
        let integers = Self.accumulatorUnits(values, scales, products: products)
      else {
        return constant(name, Tensor(FloatTensor(shape: [values.count], values: values)))
      }
      let tensor = Tensor(bitPatterns: integers, elementType: .int32, shape: [values.count])
      return dequantized(name, .init(name: name, tensor: tensor), scales)
    case .float:
      preconditionFailure("step '\(step.name)' is no convolution")
    }
  }

  /// `bias` in units of an accumulator, whose channels have these scales; nil where a sum of so many
  /// products and a bias may leave the range of 32 bits.
  static func accumulatorUnits(
    _ bias: [Float], _ scales: [Float], products: Int
  ) -> [Int32]? {
    let limit = Double(Int32.max) - Double(products) * 255 * 128
    let units = zip(bias, scales).map { (Double($0) / Double($1)).rounded(.toNearestOrEven) }
    guard units.allSatisfy({ abs($0) <= limit }) else { return nil }
    return units.map { Int32($0) }
  }

  /// The integers of `entry` as real numbers under `name`, with a scale for each of its first
  /// dimension and zero points of 0.
  private mutating func dequantized(
    _ name: String, _ entry: TensorArchive.Entry, _ scales: [Float]
  ) -> String {
    let stored = constant("\(name).\(entry.elementType == .int8 ? "int8" : "int32")", entry)
    let scale = constant(
      "\(name).scale", Tensor(FloatTensor(shape: [scales.count], values: scales)))
    let zeros = [UInt8](repeating: 0, count: scales.count * entry.elementType.byteCount)
    guard
      let zeroPoint = try? Tensor(
        elementType: entry.elementType, shape: [scales.count], bytes: TensorBytes(zeros))
    else { preconditionFailure("\(zeros.count) zeros") }
    return node(
      name, "DequantizeLinear", [stored, scale, constant("\(name).zero_point", zeroPoint)],
      ["axis": .integer(0)])
  }

  private func floats(_ name: String) throws -> [Float] {
    guard let entry = weights[name] else { throw ParameterError.missing(name) }
    return try entry.floats().values
  }
}

extension IntegerConvolution {
  /// The bias in real units where what padding is has been subtracted from the input before.
  fileprivate func paddedBias(weightScales: [Float]) -> [Float] {
    let count = weight.count / weightScales.count
    let taps = count / padding.count
    return weightScales.enumerated().map { output, scale in
      var units = Double(bias[output])
      for index in 0..<count {
        let offset = Int(padding[index / taps] - input.zeroPoint)
        units += Double(offset * Int(weight[output * count + index]))
      }
      return Float(units * Double(input.scale) * Double(scale))
    }
  }
}
