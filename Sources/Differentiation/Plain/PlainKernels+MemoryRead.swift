import Tensors

/// Memories and the read of one, whose softmax runs over all entries.
extension PlainKernels {
  public func memory(of frames: [Value]) -> Value {
    let first = frames[0].shape
    let plane = first[2] * first[3]
    let values = (0..<first[0] * first[1]).flatMap { part in
      frames.flatMap { $0.values[part * plane..<(part + 1) * plane] }
    }
    return Value(
      shape: [first[0], first[1], frames.count, first[2], first[3]], values: values)
  }

  public func frame(_ index: Int, of memory: Value) -> Value {
    let shape = memory.shape
    let plane = shape[3] * shape[4]
    let values = (0..<shape[0] * shape[1]).flatMap { part in
      let start = (part * shape[2] + index) * plane
      return memory.values[start..<start + plane]
    }
    return Value(shape: [shape[0], shape[1], shape[3], shape[4]], values: values)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func memoryRead(keys: Value, values: Value, query: Value) -> Value {
    let (objects, channels) = (values.shape[0], values.shape[1])
    let (entries, positions) = (keys.entryCount, query.planeCount)
    var result = Value(zeros: [objects, channels, query.shape[2], query.shape[3]])
    for object in 0..<objects {
      for position in 0..<positions {
        let weights = attention(keys, query, object: object, position: position)
        for channel in 0..<channels {
          let row = (object * channels + channel) * entries
          var sum: Scalar = 0
          for entry in 0..<entries { sum += weights[entry] * values.values[row + entry] }
          result.values[(object * channels + channel) * positions + position] = sum
        }
      }
    }
    return result
  }

  /// With `p` the weights of a position and `∂` the gradient by what it reads,
  ///
  ///     ∂values[:, e] = p[e] · ∂
  ///     ∂similarity[e] = p[e] · (∂ · values[:, e] - ∂ · result)
  ///     ∂keys[:, e] = ∂similarity[e] · query / sqrt(K)
  ///     ∂query = Σ ∂similarity[e] · keys[:, e] / sqrt(K)
  ///
  /// The gradient by the query has one image for each object.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func memoryReadGradient(
    _ gradient: Value, keys: Value, values: Value, query: Value, result: Value
  ) -> (keys: Value, values: Value, query: Value) {
    let (objects, keyChannels, valueChannels) = (keys.shape[0], keys.shape[1], values.shape[1])
    let (entries, positions) = (keys.entryCount, query.planeCount)
    let scale = 1 / Scalar(keyChannels).squareRoot()
    var byKeys = Value(zeros: keys.shape)
    var byValues = Value(zeros: values.shape)
    var byQuery = Value(zeros: Shape([objects] + query.shape.dimensions.dropFirst()))
    for object in 0..<objects {
      for position in 0..<positions {
        let weights = attention(keys, query, object: object, position: position)
        var similarities = [Scalar](repeating: 0, count: entries)
        var mean: Scalar = 0
        for channel in 0..<valueChannels {
          let row = (object * valueChannels + channel) * entries
          let place = (object * valueChannels + channel) * positions + position
          mean += gradient.values[place] * result.values[place]
          for entry in 0..<entries {
            byValues.values[row + entry] += weights[entry] * gradient.values[place]
            similarities[entry] += gradient.values[place] * values.values[row + entry]
          }
        }
        for entry in 0..<entries {
          similarities[entry] = weights[entry] * (similarities[entry] - mean) * scale
        }
        for channel in 0..<keyChannels {
          let row = (object * keyChannels + channel) * entries
          let q = query.values[channel * positions + position]
          var sum: Scalar = 0
          for entry in 0..<entries {
            byKeys.values[row + entry] += similarities[entry] * q
            sum += similarities[entry] * keys.values[row + entry]
          }
          byQuery.values[(object * keyChannels + channel) * positions + position] = sum
        }
      }
    }
    return (byKeys, byValues, byQuery)
  }

  /// How much of each entry of the memory of `object` the query reads at `position`; 1 together.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private func attention(
    _ keys: Value, _ query: Value, object: Int, position: Int
  ) -> [Scalar] {
    let (channels, entries, positions) = (keys.shape[1], keys.entryCount, query.planeCount)
    let scale = 1 / Scalar(channels).squareRoot()
    var weights = [Scalar](repeating: 0, count: entries)
    for channel in 0..<channels {
      let q = query.values[channel * positions + position] * scale
      let row = (object * channels + channel) * entries
      for entry in 0..<entries { weights[entry] += q * keys.values[row + entry] }
    }
    let largest = weights.max() ?? 0
    var total: Scalar = 0
    for entry in 0..<entries {
      weights[entry] = (weights[entry] - largest).exponential
      total += weights[entry]
    }
    return weights.map { $0 / total }
  }
}

extension Numbers {
  /// The entries of a memory `[N, C, T, H, W]`: the product of its last three dimensions.
  fileprivate var entryCount: Int { shape[2] * shape[3] * shape[4] }
}
