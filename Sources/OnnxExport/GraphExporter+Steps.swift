import Execution
import Networks
import OnnxFiles
import Tensors

extension GraphExporter {
  /// Adds the nodes of `step` up to the result that is yet to be stored; returns its value.
  ///
  /// Throws what reading a parameter throws.
  mutating func add(_ step: Step) throws -> String {
    let x = drawsLayers(of: step) ? "" : operand(of: step, 0)
    var result: String
    switch step.operation {
    case .convolution where drawsLayers(of: step): result = try imageConvolutions(step)
    case .convolution(let geometry): result = try convolution(step, geometry, x)
    case .normalize(let module, _):
      guard case .float(.normalization(let mean, let deviation)) = bound.parameters(of: step) else {
        preconditionFailure("step '\(step.name)' has no mean")
      }
      result = normalize(step.layer, module, mean, deviation, x)
    case .batchNormalization(let normalization):
      result = node(
        step.name, "BatchNormalization",
        [x]
          + (try ["weight", "bias", "running_mean", "running_var"].map {
            try parameter("\(step.layer).\($0)")
          }),
        ["epsilon": .float(Float(normalization.epsilon))])
    case .relu: result = node(step.layer, "Relu", [x])
    case .maxPool(let pool): result = maxPool(step, pool, x)
    case .add:
      let terms = step.inputs.indices.map { operand(of: step, $0) }
      result = node(step.layer, terms.count == 2 ? "Add" : "Sum", terms)
    case .upsample(let factor): result = upsample(step, factor, x)
    case .concatenate: result = concatenate(step)
    case .memoryRead: result = memoryRead(step)
    }
    var addsResidual = step.addsResidual
    if addsResidual, !step.covers.contains(where: { $0 != step.layer && layers[$0] == .add }) {
      result = node("\(step.layer).sum", "Add", [operand(of: step, step.inputs.count - 1), result])
      addsResidual = false
    }
    for layer in step.covers where layer != step.layer {
      switch layers[layer] {
      case .add where addsResidual:
        result = node(layer, "Add", [operand(of: step, step.inputs.count - 1), result])
      case .relu: result = node(layer, "Relu", [result])
      default: break
      }
    }
    return result
  }

  /// Adds the parameter called `name` in binary32; returns its name.
  private mutating func parameter(_ name: String) throws -> String {
    guard let entry = weights[name] else { throw ParameterError.missing(name) }
    return constant(name, Tensor(try entry.floats()))
  }

  /// `(x - mean) / deviation` by channel, the layer `layer` with the parameters of `module`.
  mutating func normalize(
    _ layer: String, _ module: String, _ mean: [Float], _ deviation: [Float], _ x: String
  ) -> String {
    let centred = node(
      "\(layer).centred", "Sub", [x, constant("\(module).mean", perChannel(mean))])
    return node(layer, "Div", [centred, constant("\(module).std", perChannel(deviation))])
  }

  /// One number for each channel of an image.
  func perChannel(_ values: [Float]) -> Tensor {
    Tensor(FloatTensor(shape: [1, values.count, 1, 1], values: values))
  }

  private mutating func maxPool(_ step: Step, _ pool: MaxPool, _ x: String) -> String {
    node(
      step.layer, "MaxPool", [x],
      [
        "kernel_shape": .integers([pool.kernel, pool.kernel]),
        "strides": .integers([pool.stride, pool.stride]),
        "pads": .integers([Int](repeating: pool.padding, count: 4)),
      ])
  }

  private mutating func upsample(_ step: Step, _ factor: Int, _ x: String) -> String {
    let scales = constant(
      "\(step.layer).scales",
      Tensor(FloatTensor(shape: [4], values: [1, 1, Float(factor), Float(factor)])))
    return node(
      step.layer, "Resize", [x, "", scales],
      ["mode": .text("linear"), "coordinate_transformation_mode": .text("half_pixel")])
  }
}
