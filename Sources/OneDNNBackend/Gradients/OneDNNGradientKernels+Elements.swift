import COneDNN
public import Networks
import Tensors

extension OneDNNGradientKernels {
  public func scaleAndShift(
    _ x: OneDNNValue, scale: [Float], shift: [Float]
  ) throws -> OneDNNValue {
    try answer("scale and shift") { library in
      let step = try library.kernel(for: .gradient(.affine(x.image.descriptor))) {
        try AffineRun(x.image.descriptor, on: library.engine)
      }
      return OneDNNValue(
        try library.run(
          step,
          [
            x.image, try library.store.load(scale[...], to: step.inputs[1]),
            try library.store.load(shift[...], to: step.inputs[2]),
          ]))
    }
  }

  public func relu(_ x: OneDNNValue) throws -> OneDNNValue {
    try answer("relu") { _ in try rectified(x) }
  }

  /// `max(x, 0)`.
  func rectified(_ x: OneDNNValue) throws -> OneDNNValue {
    let layout = x.image.descriptor
    return try run(.relu(layout), [x]) { try PointwiseKernel(rectifying: layout, on: $0) }
  }

  public func reluGradient(_ gradient: OneDNNValue, result: OneDNNValue) throws -> OneDNNValue {
    try answer("relu, gradient") { _ in
      let layout = result.image.descriptor
      return try run(.reluGradient(layout), [gradient, result]) {
        try ReLUGradient(layout, on: $0)
      }
    }
  }

  public func maxPool(_ x: OneDNNValue, _ pool: MaxPool) throws -> OneDNNValue {
    try answer("max pooling") { _ in
      let layout = x.image.descriptor
      return try run(.maxPool(pool, layout), [x]) {
        try PoolingKernel(
          dnnl_pooling_max, layout, pool.window,
          to: try layout.resized(layout.dimensions[2...].map(pool.outputSize)), on: $0)
      }
    }
  }

  public func maxPoolGradient(
    _ gradient: OneDNNValue, _ x: OneDNNValue, _ pool: MaxPool
  ) throws -> OneDNNValue {
    try answer("max pooling, gradient") { _ in
      let layout = x.image.descriptor
      return try run(.maxPoolGradient(pool, layout), [gradient, x]) {
        try MaxPoolGradient(pool, layout, on: $0)
      }
    }
  }

  public func upsample(
    _ x: OneDNNValue, by factor: Int, residual: OneDNNValue?
  ) throws -> OneDNNValue {
    try answer("upsampling") { _ in
      let layout = try layout(x.shape.dimensions)
      let result = try run(.upsampling(layout, factor: factor), [x]) { engine in
        guard layout.dimensions[1] >= 4 else { return try PlaneUpsampling(layout, by: factor) }
        return try UpsamplingKernel(
          layout, to: try layout.resized(layout.dimensions[2...].map { factor * $0 }), on: engine)
      }
      return try residual.map { try summed([result, $0]) } ?? result
    }
  }

  public func upsampleGradient(_ gradient: OneDNNValue, by factor: Int) throws -> OneDNNValue {
    try answer("upsampling, gradient") { _ in
      let layout = gradient.image.descriptor
      return try run(.upsamplingGradient(layout, factor: factor), [gradient]) {
        try UpsamplingGradient(layout, by: factor, on: $0)
      }
    }
  }

  public func sum(_ terms: [OneDNNValue]) throws -> OneDNNValue {
    try answer("sum") { _ in try summed(terms) }
  }

  /// The sum of `terms`, each broadcast.
  func summed(_ terms: [OneDNNValue]) throws -> OneDNNValue {
    let count = terms.map(\.count).max() ?? 1
    guard terms.count > 1 else { return terms[0] }
    let operands = try terms.map { try expanded($0, to: count) }
    let layout = operands[0].image.descriptor
    return try run(.sum(layout, count: terms.count), operands) {
      try SumKernel(terms.count, of: layout, on: $0)
    }
  }

  public func summedOverImages(_ value: OneDNNValue) throws -> OneDNNValue {
    guard value.count > 1 else { return value }
    return try answer("sum over images") { library in
      let one = value.image.descriptor.with(objects: 1)
      let step = try library.kernel(for: .gradient(.sum(one, count: value.count))) {
        try SumKernel(value.count, of: one, on: library.engine)
      }
      let result = library.store.empty(Held(one))
      let working = library.engine.pool.buffer(byteCount: step.workspaceByteCount)
      let images = unsafe (0..<value.count).map {
        unsafe value.image.buffer.start + $0 * one.byteCount
      }
      try unsafe step.run(StepOperands(images, result.buffer.start, working.start))
      withExtendedLifetime((value, working)) {}
      return OneDNNValue(result)
    }
  }
}
