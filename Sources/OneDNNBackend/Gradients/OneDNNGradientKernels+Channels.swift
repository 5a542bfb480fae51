import COneDNN
import Tensors

extension OneDNNGradientKernels {
  public func concatenate(_ parts: [OneDNNValue]) throws -> OneDNNValue {
    try answer("concatenation") { library in
      let count = parts.map(\.count).max() ?? 1
      let channels = parts.map { $0.shape[1] }
      let values = try parts.map { part in
        try expanded(part, to: count).image(
          as: try MemoryDescriptor(
            [count] + part.shape.dimensions[1...], dnnl_f32, ValueStore.layout(of: channels)),
          by: library.store)
      }
      let whole = try MemoryDescriptor(
        [count, channels.reduce(0, +)] + parts[0].shape.dimensions[2...], dnnl_f32,
        ValueStore.layout(of: channels))
      let result = library.store.empty(Held(whole))
      var target = unsafe result.buffer.start
      for image in 0..<count {
        for value in values {
          let size = value.descriptor.byteCount / count
          unsafe target.copyMemory(from: value.buffer.start + image * size, byteCount: size)
          unsafe target += size
        }
      }
      return OneDNNValue(result)
    }
  }

  public func channels(_ range: Range<Int>, of value: OneDNNValue) throws -> OneDNNValue {
    try answer("part of a concatenation") { library in
      let bounds = [range.lowerBound, range.upperBound, value.shape[1]]
      let dimensions = value.shape.dimensions
      let layout = ValueStore.layout(of: bounds)
      let whole = try value.image(
        as: try MemoryDescriptor(dimensions, dnnl_f32, layout), by: library.store)
      let result = library.store.empty(
        Held(
          try MemoryDescriptor(
            [dimensions[0], range.count] + dimensions[2...], dnnl_f32, layout)))
      let plane = dimensions[2] * dimensions[3] * MemoryLayout<Float>.size
      for image in 0..<dimensions[0] {
        let source =
          unsafe whole.buffer.start + (image * dimensions[1] + range.lowerBound) * plane
        unsafe (result.buffer.start + image * range.count * plane).copyMemory(
          from: source, byteCount: range.count * plane)
      }
      return OneDNNValue(result)
    }
  }
}
