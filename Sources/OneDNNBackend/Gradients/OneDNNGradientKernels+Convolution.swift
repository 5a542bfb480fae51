import COneDNN
public import Differentiation
public import Networks
public import Tensors

extension OneDNNGradientKernels {
  public func kernel(
    weight: Numbers<Float>, bias: [Float]?, _ geometry: Convolution
  ) throws -> OneDNNConvolution {
    OneDNNConvolution(weight: weight.values, bias: bias, geometry)
  }

  public func convolution(
    _ x: OneDNNValue, _ kernel: OneDNNConvolution, residual: OneDNNValue?, appliesReLU: Bool
  ) throws -> OneDNNValue {
    try answer("convolution") { _ in
      guard let residual else {
        return try convolved(x, kernel, residual: nil, appliesReLU: appliesReLU)
      }
      guard residual.count <= x.count else {
        let sums = try summed([
          try convolved(x, kernel, residual: nil, appliesReLU: false), residual,
        ])
        return appliesReLU ? try rectified(sums) : sums
      }
      return try convolved(
        x, kernel, residual: try expanded(residual, to: x.count), appliesReLU: appliesReLU)
    }
  }

  private func convolved(
    _ x: OneDNNValue, _ kernel: OneDNNConvolution, residual: OneDNNValue?, appliesReLU: Bool
  ) throws -> OneDNNValue {
    let store = library.store
    let end = ConvolutionEnd(
      hasBias: kernel.bias != nil, addsResidual: residual != nil, appliesReLU: appliesReLU)
    let step = try library.kernel(
      for: .gradient(.convolution(kernel.geometry, x.shape, end))
    ) { try ConvolutionRun(layouts(kernel.geometry, x.shape), end, on: library.engine) }
    var values = [
      try x.image(as: step.inputs[0], by: store),
      try kernel.weights(as: step.inputs[1], by: store),
    ]
    if let bias = kernel.bias { values.append(try store.load(bias[...], to: step.inputs[2])) }
    if let residual, let layout = step.inputs.last {
      values.append(try residual.image(as: layout, by: store))
    }
    return OneDNNValue(try library.run(step, values))
  }

  public func convolutionGradient(
    _ gradient: OneDNNValue, _ kernel: OneDNNConvolution, input shape: Shape
  ) throws -> OneDNNValue {
    try answer("convolution, gradient by data") { library in
      let step = try library.kernel(
        for: .gradient(.convolutionByData(kernel.geometry, shape))
      ) { try ConvolutionByData(layouts(kernel.geometry, shape), on: library.engine) }
      let values = [
        try gradient.image(as: step.inputs[0], by: library.store),
        try kernel.weights(as: step.inputs[1], by: library.store),
      ]
      return OneDNNValue(try library.run(step, values))
    }
  }

  public func convolutionGradients(
    _ gradient: OneDNNValue, _ x: OneDNNValue, _ geometry: Convolution, hasBias: Bool
  ) throws -> StepGradients<Float> {
    try answer("convolution, gradient by weights") { _ in
      StepGradients(
        weight: Numbers(
          shape: geometry.kernelShape, values: try weightGradient(gradient, x, geometry)),
        bias: hasBias ? try channelSums(gradient) : nil)
    }
  }

  /// The gradient by the kernel: those of runs of output channels of an image each, computed at once
  /// and then added up image by image.
  private func weightGradient(
    _ gradient: OneDNNValue, _ x: OneDNNValue, _ geometry: Convolution
  ) throws -> [Float] {
    let (images, store) = (x.count, library.store)
    let whole = layouts(geometry, x.shape)
    let shape = Shape([1] + x.shape.dimensions[1...])
    let parts = ConvolutionByWeights.parts(of: geometry.outputChannels)
    let kernels = try team.alone {
      try (0..<images * parts.count).map { number in
        try library.kernel(
          for: .gradient(.convolutionByWeights(geometry, shape, number: number))
        ) {
          try ConvolutionByWeights(
            layouts(geometry, shape), channels: parts[number % parts.count].count,
            on: library.engine)
        }
      }
    }
    let source = try x.image(as: try whole.image, by: store)
    let result = try gradient.image(as: try whole.destination(whole.type), by: store)
    let sourceSize = source.descriptor.byteCount / images
    let resultSize = result.descriptor.byteCount / images
    let sums = kernels.map { store.empty(Held($0.output)) }
    let scratch = kernels.map { library.engine.pool.buffer(byteCount: $0.workspaceByteCount) }
    defer { withExtendedLifetime((source, result, sums, scratch)) {} }
    try team.forEach(kernels.count) { (number) throws(LibraryFailure) in
      let (image, part) = number.quotientAndRemainder(dividingBy: parts.count)
      // Blocks of channels lie behind one another, the last filled up.
      let kernel = kernels[number]
      let first = parts[part].lowerBound / parts[0].count * kernels[0].inputs[0].byteCount
      try unsafe kernel.run(
        StepOperands(
          [
            result.buffer.start + image * resultSize + first,
            source.buffer.start + image * sourceSize,
          ], sums[number].buffer.start, scratch[number].start))
    }
    for number in parts.count..<sums.count {
      ElementLoops.add(sums[number], to: sums[number % parts.count])
    }
    let area = geometry.kernel * geometry.kernel
    let row = whole.inputChannels * area
    let filled = try unsafe [Float](
      unsafeUninitializedCapacity: geometry.outputChannels * row
    ) { buffer, initialized in
      for (part, sum) in zip(parts, sums) {
        let target = unsafe UnsafeMutableBufferPointer(
          rebasing: buffer[part.lowerBound * row..<part.upperBound * row])
        try unsafe store.copy(sum, to: UnsafeMutableRawBufferPointer(target))
      }
      initialized = geometry.outputChannels * row
    }
    guard whole.inputChannels > geometry.inputChannels else { return filled }
    return stride(from: 0, to: filled.count, by: row).flatMap {
      filled[$0..<$0 + geometry.inputChannels * area]
    }
  }

  private func layouts(_ geometry: Convolution, _ shape: Shape) -> ConvolutionLayouts {
    ConvolutionLayouts(
      geometry: geometry, shape: shape, type: arithmetic == .bfloat16 ? dnnl_bf16 : dnnl_f32)
  }
}
