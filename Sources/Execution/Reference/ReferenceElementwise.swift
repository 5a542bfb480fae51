import Tensors

/// `max(x, 0)`; NaN stays NaN.
func rectify(_ x: FloatTensor) -> FloatTensor {
  FloatTensor(shape: x.shape, values: x.values.map { $0 < 0 ? 0 : $0 })
}

/// `body` of each element of `x` `[N, C, H, W]` and the number of its channel.
func perChannel(_ x: FloatTensor, _ body: (Float, Int) -> Float) -> FloatTensor {
  let plane = x.shape[2] * x.shape[3]
  var result = x
  for index in x.values.indices {
    result.values[index] = body(x.values[index], index / plane % x.shape[1])
  }
  return result
}

/// The sum of `terms`, from the first to the last; a term whose `N` is 1 is broadcast.
func add(_ terms: [FloatTensor], shape: Shape) -> FloatTensor {
  var result = FloatTensor(zeros: shape)
  for index in result.values.indices {
    let first = terms[0].values[index % terms[0].values.count]
    result.values[index] = terms.dropFirst().reduce(first) {
      $0 + $1.values[index % $1.values.count]
    }
  }
  return result
}

/// `parts` behind one another along `C`; a part whose `N` is 1 is broadcast.
func concatenate(_ parts: [FloatTensor], shape: Shape) -> FloatTensor {
  let values = (0..<shape[0]).flatMap { image in
    parts.flatMap { part in part.slice(part.shape[0] == 1 ? 0 : image).values }
  }
  return FloatTensor(shape: shape, values: values)
}
