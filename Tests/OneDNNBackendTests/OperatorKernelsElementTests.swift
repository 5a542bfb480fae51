import Dispatch
import Execution
import Foundation
import OneDNNBackend
import Tensors
import TestSupport
import Testing

/// What ``OneDNNKernels`` do element by element, and with matrices, against plain loops.
@Suite struct OperatorKernelsElementTests {
  static let images: [Shape] = [
    [1, 16, 3, 4], [2, 5, 3, 4], [1, 32, 7], [1, 3, 2, 3, 2], [2, 16, 2, 3, 2],
  ]

  @Test(arguments: images) func `channels are scaled and shifted`(_ shape: Shape) throws {
    var generator = SeededGenerator(seed: 1)
    let x = FloatTensor.random(shape, using: &generator)
    let scale = FloatTensor.random([shape[1]], using: &generator).values
    let shift = FloatTensor.random([shape[1]], using: &generator).values
    let found = try kernels.get().scaleAndShift(x, scale: scale, shift: shift)?.floats()
    let expected = zip(x.values, PlainLoops.places(shape.dimensions)).map { value, place in
      Double(value) * Double(scale[place[1]]) + Double(shift[place[1]])
    }
    #expect(found?.shape == shape)
    #expect(expected.relativeError(to: found?.values ?? []) < 1e-6)
  }

  @Test(arguments: images) func `held images are rectified and added`(_ shape: Shape) throws {
    var generator = SeededGenerator(seed: 2)
    let kernels = try kernels.get()
    let (x, y) = (
      FloatTensor.random(shape, using: &generator), FloatTensor.random(shape, using: &generator)
    )
    let held = try hold(x)
    #expect(try kernels.relu(held)?.floats().values == x.values.map { max($0, 0) })
    let sum = zip(x.values, y.values).map { $0 + $1 }
    for (left, right) in [(held, y), (y, held), (held, try hold(y))]
      as [(any HeldTensor, any HeldTensor)]
    {
      #expect(try kernels.add(left, right)?.floats().values == sum)
    }
  }

  @Test func `channels lie behind one another`() throws {
    var generator = SeededGenerator(seed: 3)
    for channels in [[16, 32], [3, 16, 2], [16]] {
      let parts = channels.map { FloatTensor.random([2, $0, 3, 2], using: &generator) }
      var operands = parts as [any HeldTensor]
      operands[0] = try hold(parts[0])
      let found = try kernels.get().concatenateChannels(operands)?.floats()
      let expected = (0..<2).flatMap { image in parts.flatMap { $0.slice(image).values } }
      #expect(found?.values == expected)
      #expect(found?.shape == [2, channels.reduce(0, +), 3, 2])
    }
  }

  @Test func `images are interpolated between the centres of their pixels`() throws {
    var generator = SeededGenerator(seed: 4)
    for (shape, output) in [
      ([2, 16, 3, 4], [6, 8]), ([1, 2, 3, 5], [12, 20]), ([1, 3, 4, 7], [5, 3]),
    ] as [(Shape, [Int])] {
      let x = FloatTensor.random(shape, using: &generator)
      let found = try kernels.get().resizeBilinear(x, output: output)?.floats()
      let expected = PlainLoops.bilinear(x, output)
      #expect(expected.relativeError(to: found?.values ?? []) < 1e-6)
    }
  }

  @Test func `matrices are multiplied, one by one where there are many`() throws {
    var generator = SeededGenerator(seed: 5)
    let cases: [(Shape, Shape, Shape)] = [
      ([3, 5], [5, 7], [3, 7]), ([16, 32], [32, 17], [16, 17]),
      ([2, 3, 4], [2, 4, 5], [2, 3, 5]), ([2, 3, 4], [4, 5], [2, 3, 5]),
      ([3, 4], [2, 4, 5], [2, 3, 5]), ([2, 3, 2, 4], [2, 3, 4, 1], [2, 3, 2, 1]),
      ([2, 3, 2, 4], [4, 6], [2, 3, 2, 6]),
    ]
    for (left, right, output) in cases {
      let (x, y) = (
        FloatTensor.random(left, using: &generator), FloatTensor.random(right, using: &generator)
      )
      let found = try kernels.get().matrixProduct(x, y)?.floats()
      let (m, k, n) = (left[left.rank - 2], right[right.rank - 2], right[right.rank - 1])
      let expected = PlainLoops.places([output.elementCount / m / n, m, n]).map { place in
        let leftStart = (left.rank > 2 ? place[0] * m * k : 0) + place[1] * k
        let rightStart = (right.rank > 2 ? place[0] * k * n : 0) + place[2]
        return (0..<k).reduce(0.0) {
          $0 + Double(x.values[leftStart + $1]) * Double(y.values[rightStart + $1 * n])
        }
      }
      #expect(found?.shape == output)
      #expect(expected.relativeError(to: found?.values ?? []) < 1e-6, "\(left) \(right)")
    }
  }

  @Test func `the softmax goes along the dimension that is asked for`() throws {
    var generator = SeededGenerator(seed: 6)
    let cases: [(Shape, Int)] = [
      ([5], 0), ([3, 7], 1), ([3, 7], 0), ([2, 3, 1], 2), ([2, 1, 3, 20], 3), ([2, 32, 2, 3], 1),
    ]
    for (shape, axis) in cases {
      let x = FloatTensor.random(shape, in: -90...90, using: &generator)
      let found = try kernels.get().softmax(x, axis: axis)?.floats()
      let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
      let powers = x.values.map { exp(Double($0)) }
      let expected = powers.indices.map { index in
        let first = index - index / inner % shape[axis] * inner
        return powers[index]
          / (0..<shape[axis]).reduce(0.0) { $0 + powers[first + $1 * inner] }
      }
      #expect(found?.shape == shape)
      #expect(expected.relativeError(to: found?.values ?? []) < 1e-6, "\(shape) \(axis)")
    }
  }

  @Test func `what there is no kernel for is refused`() throws {
    let kernels = try kernels.get()
    let empty = FloatTensor(zeros: [1, 0, 2, 2])
    let matrix = FloatTensor(zeros: [2, 2])
    let image = FloatTensor(zeros: [1, 2, 2, 2])
    let held = try hold(image)
    #expect(try kernels.scaleAndShift(matrix, scale: [1, 1], shift: [1, 1]) == nil)
    #expect(try kernels.scaleAndShift(empty, scale: [], shift: []) == nil)
    #expect(try kernels.scaleAndShift(image, scale: [1], shift: [1, 1]) == nil)
    #expect(try kernels.relu(image) == nil)
    #expect(try kernels.relu(matrix) == nil)
    #expect(try kernels.add(image, image) == nil)
    #expect(try kernels.add(held, FloatTensor(zeros: [1, 2, 2, 1])) == nil)
    #expect(try kernels.concatenateChannels([]) == nil)
    #expect(try kernels.concatenateChannels([held, empty]) == nil)
    #expect(try kernels.concatenateChannels([held, FloatTensor(zeros: [1, 2, 2, 1])]) == nil)
    #expect(try kernels.concatenateChannels([held, matrix]) == nil)
    #expect(try kernels.resizeBilinear(image, output: [0, 2]) == nil)
    #expect(try kernels.resizeBilinear(image, output: [2]) == nil)
    #expect(try kernels.resizeBilinear(image, output: [.max, .max]) == nil)
    #expect(try kernels.matrixProduct(matrix, FloatTensor(zeros: [3, 2])) == nil)
    #expect(try kernels.matrixProduct(matrix, FloatTensor(zeros: [2])) == nil)
    #expect(try kernels.matrixProduct(matrix, FloatTensor(zeros: [2, 0])) == nil)
    #expect(
      try kernels.matrixProduct(FloatTensor(zeros: [1, 2, 2]), FloatTensor(zeros: [2, 2, 2])) == nil
    )
    #expect(try kernels.softmax(FloatTensor(zeros: []), axis: 0) == nil)
    #expect(try kernels.softmax(empty, axis: 1) == nil)
    #expect(try kernels.softmax(matrix, axis: 2) == nil)
  }
}

/// What outlives a call of ``OneDNNKernels``.
@Suite struct OperatorKernelsLifetimeTests {
  @Test(arguments: [2, 3]) func `results do not depend on the number of threads`(
    _ threads: Int
  ) throws {
    var generator = SeededGenerator(seed: 7)
    let x = FloatTensor.random([2, 20, 9, 11], using: &generator)
    let weight = FloatTensor.random([33, 20, 3, 3], using: &generator)
    let transposed = FloatTensor.random([20, 17, 3, 3], using: &generator)
    let window = SlidingWindow(
      kernel: [3, 3], strides: [1, 1], dilations: [1, 1], padsBefore: [1, 1], padsAfter: [1, 1])
    let (left, right) = (
      FloatTensor.random([19, 300], using: &generator),
      FloatTensor.random([300, 3], using: &generator)
    )
    func results(_ kernels: OneDNNKernels) throws -> [[UInt32]?] {
      [
        try kernels.convolution(x, weight: weight, bias: nil, groups: 1, window: window)?.floats()
          .bits,
        try kernels.transposedConvolution(
          x, weight: transposed, bias: nil, groups: 1, window: window, output: [9, 11])?.floats()
          .bits,
        try kernels.matrixProduct(left, right)?.floats().bits,
        try kernels.softmax(x, axis: 1)?.floats().bits,
      ]
    }
    let expected = try results(try kernels.get())
    #expect(!expected.contains(nil))
    #expect(try results(try OneDNNKernels(threads: threads)) == expected)
  }

  @Test func `tensors outlive the kernels that made them`() throws {
    var generator = SeededGenerator(seed: 8)
    let x = FloatTensor.random([1, 16, 3, 3], using: &generator)
    var made: OneDNNKernels? = try OneDNNKernels(threads: 1)
    let ones = [Float](repeating: 1, count: 16)
    let first = try #require(try made?.scaleAndShift(x, scale: ones, shift: ones))
    let second = try #require(try made?.relu(first))
    made = nil
    #expect(try first.floats().values == x.values.map { $0 + 1 })
    #expect(try second.floats().values == x.values.map { max($0 + 1, 0) })
    #expect(
      try kernels.get().scaleAndShift(first, scale: ones, shift: ones)?.floats().shape == x.shape)
  }

  @Test func `tensors may be let go of on other threads`() throws {
    let kernels = try kernels.get()
    DispatchQueue.concurrentPerform(iterations: 8) { index in
      let x = FloatTensor(
        shape: [1, 16, 2, 2], values: [Float](repeating: Float(index), count: 64))
      let ones = [Float](repeating: 1, count: 16)
      for _ in 0..<20 {
        let sum = try? kernels.scaleAndShift(x, scale: ones, shift: ones)?.floats()
        #expect(sum?.values == [Float](repeating: Float(index + 1), count: 64))
      }
    }
  }
}

private let kernels = Result { try OneDNNKernels(threads: 1) }

/// `x` as a kernel hands it out.
private func hold(_ x: FloatTensor) throws -> any HeldTensor {
  let count = x.shape[1]
  return try #require(
    try kernels.get().scaleAndShift(
      x, scale: [Float](repeating: 1, count: count), shift: [Float](repeating: 0, count: count)))
}
