extension OneDNNGradientKernels {
  public func memoryRead(
    keys: OneDNNValue, values: OneDNNValue, query: OneDNNValue
  ) throws -> OneDNNValue {
    try answer("memory read") { _ in
      let (result, logSums) = try attention(keys, values, query).read()
      return OneDNNValue(result, logSums: logSums)
    }
  }

  public func memoryReadGradient(
    _ gradient: OneDNNValue, keys: OneDNNValue, values: OneDNNValue, query: OneDNNValue,
    result: OneDNNValue
  ) throws -> (keys: OneDNNValue, values: OneDNNValue, query: OneDNNValue) {
    try answer("memory read, gradient") { _ in
      let attention = try attention(keys, values, query)
      // A result that was handed in as numbers has no logarithms with it.
      let logSums = try result.logSums ?? attention.read().logSums
      let (byKeys, byValues, byQuery) = try attention.gradients(
        try plain(gradient.image), result: try plain(result.image), logSums: logSums)
      return (OneDNNValue(memory: byKeys), OneDNNValue(memory: byValues), OneDNNValue(byQuery))
    }
  }

  private func attention(
    _ keys: OneDNNValue, _ values: OneDNNValue, _ query: OneDNNValue
  ) throws -> MemoryAttention {
    MemoryAttention(
      keys: try keys.frames.map(plain), values: try values.frames.map(plain),
      query: try plain(query.image), store: library.store, team: team)
  }
}
