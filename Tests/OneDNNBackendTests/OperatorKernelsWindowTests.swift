import Execution
import OneDNNBackend
import Tensors
import TestSupport
import Testing

/// Convolutions and poolings of ``OneDNNKernels`` against plain loops.
@Suite struct OperatorKernelsWindowTests {
  /// A window over an input.
  struct Case: Sendable, CustomTestStringConvertible {
    let shape: Shape
    let channels: Int
    let groups: Int
    let hasBias: Bool
    let window: SlidingWindow
    var testDescription: String { "\(shape) to \(channels), \(groups) groups, \(window)" }

    init(
      _ shape: Shape, to channels: Int = 0, groups: Int = 1, hasBias: Bool = false, _ kernel: [Int],
      strides: [Int]? = nil, dilations: [Int]? = nil, pads: [Int]? = nil
    ) {
      let ones = [Int](repeating: 1, count: kernel.count)
      let pads = pads ?? [Int](repeating: 0, count: 2 * kernel.count)
      self.shape = shape
      self.channels = channels
      self.groups = groups
      self.hasBias = hasBias
      window = SlidingWindow(
        kernel: kernel, strides: strides ?? ones, dilations: dilations ?? ones,
        padsBefore: Array(pads.prefix(kernel.count)), padsAfter: Array(pads.suffix(kernel.count)))
    }

    /// Whether every processor has a kernel for a convolution like this.
    var isCommon: Bool {
      shape.rank == 4 && groups == 1 && channels % 16 == 0
        && (shape[1] % 16 == 0 || shape[1] <= 3)
    }

    /// The spatial extents that come out.
    var output: [Int] {
      window.kernel.indices.map { axis in
        let span = (window.kernel[axis] - 1) * window.dilations[axis] + 1
        let room = shape[2 + axis] + window.padsBefore[axis] + window.padsAfter[axis] - span
        return room / window.strides[axis] + 1
      }
    }

    /// The extents that a transposed convolution leads to.
    var transposedOutput: [Int] {
      window.kernel.indices.map { axis in
        (window.kernel[axis] - 1) * window.dilations[axis] + 1
          + (shape[2 + axis] - 1) * window.strides[axis] - window.padsBefore[axis]
          - window.padsAfter[axis]
      }
    }
  }

  static let convolutions: [Case] = [
    Case([1, 3, 7, 9], to: 16, hasBias: true, [7, 7], strides: [2, 2], pads: [3, 3, 3, 3]),
    Case([2, 1, 5, 6], to: 5, [3, 3], pads: [1, 1, 1, 1]),
    Case([2, 5, 5, 6], to: 7, hasBias: true, [3, 2], pads: [0, 1, 2, 0]),
    Case([1, 16, 5, 6], to: 32, [1, 1], strides: [2, 1]),
    Case([1, 16, 7, 5], to: 16, hasBias: true, [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2]),
    Case([1, 4, 7, 8], to: 6, groups: 2, hasBias: true, [3, 3], pads: [1, 1, 1, 1]),
    Case([2, 32, 4, 5], to: 32, groups: 32, hasBias: true, [3, 3], pads: [1, 1, 1, 1]),
    Case([1, 5, 4, 5], to: 5, groups: 5, [3, 3], strides: [2, 2], pads: [0, 0, 1, 1]),
    Case([1, 5, 4, 5], to: 10, groups: 5, [3, 3], dilations: [1, 2], pads: [1, 2, 1, 2]),
    Case([1, 32, 4, 4], to: 32, groups: 2, [3, 3], pads: [1, 1, 1, 1]),
    Case([1, 2, 3, 4], to: 3, [3, 4], pads: [4, 5, 5, 4]),
    Case([2, 6, 9], to: 17, hasBias: true, [3], strides: [2], pads: [1, 0]),
    Case([1, 3, 8], to: 3, groups: 3, [3], dilations: [2], pads: [2, 2]),
    Case([1, 2, 4, 5, 3], to: 5, hasBias: true, [2, 3, 2], pads: [1, 1, 0, 0, 1, 1]),
    Case([1, 16, 3, 4, 3], to: 16, [3, 3, 3], strides: [1, 2, 1], pads: [1, 1, 1, 1, 1, 1]),
  ]

  @Test(arguments: convolutions) func `a convolution is its sums`(_ given: Case) throws {
    var generator = SeededGenerator(seed: 1)
    let x = FloatTensor.random(given.shape, using: &generator)
    let weight = FloatTensor.random(
      Shape([given.channels, given.shape[1] / given.groups] + given.window.kernel),
      using: &generator)
    let bias = given.hasBias ? FloatTensor.random([given.channels], using: &generator).values : nil
    let answer = try kernels.get().convolution(
      x, weight: weight, bias: bias, groups: given.groups, window: given.window)
    #expect(answer != nil || !given.isCommon)
    guard let found = try answer?.floats() else { return }
    let expected = PlainLoops.convolution(
      x.values.map(Double.init), x.shape, weight.values.map(Double.init), weight.shape,
      bias: bias.map { $0.map(Double.init) }, groups: given.groups, given.window,
      output: given.output)
    #expect(found.shape == Shape([given.shape[0], given.channels] + given.output))
    #expect(expected.relativeError(to: found.values) < 1e-6)
  }

  @Test(arguments: convolutions) func `a convolution of integers is exact`(_ given: Case) throws {
    guard OneDNNBackend.runsIntegers else { return }
    var generator = SeededGenerator(seed: 2)
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 56) }
    }
    let weightShape = Shape(
      [given.channels, given.shape[1] / given.groups] + given.window.kernel)
    for (type, zeroPoint) in [(ElementType.uint8, 0), (.uint8, 131), (.int8, -7), (.int8, 0)] {
      let x = bytes(given.shape.elementCount)
      let weight = bytes(weightShape.elementCount)
      let answer = try kernels.get().integerConvolution(
        Tensor(bitPatterns: x, elementType: type, shape: given.shape),
        zeroPoint: Int32(zeroPoint),
        weight: Tensor(bitPatterns: weight, elementType: .int8, shape: weightShape),
        groups: given.groups, window: given.window)
      #expect(answer != nil || !given.isCommon)
      guard let found = answer else { continue }
      let numbers = x.map { byte in
        Double(type == .uint8 ? Int(byte) : Int(Int8(bitPattern: byte))) - Double(zeroPoint)
      }
      let expected = PlainLoops.convolution(
        numbers, given.shape, weight.map { Double(Int8(bitPattern: $0)) }, weightShape,
        bias: nil, groups: given.groups, given.window, output: given.output)
      #expect(found == expected.map { Int32($0) }, "\(type) less \(zeroPoint)")
    }
  }

  static let transposed: [Case] = [
    Case([1, 3, 4, 5], to: 2, hasBias: true, [3, 3], strides: [2, 2], pads: [1, 1, 1, 1]),
    Case([2, 16, 3, 4], to: 16, hasBias: true, [2, 2], strides: [2, 2]),
    Case([1, 5, 3, 4], to: 7, [3, 2], strides: [1, 2], pads: [0, 1, 1, 0]),
    Case([1, 4, 3, 4], to: 6, groups: 2, hasBias: true, [3, 3], strides: [2, 1]),
    Case([1, 16, 3, 3], to: 16, groups: 16, [3, 3], strides: [2, 2], pads: [1, 1, 0, 0]),
    Case([1, 3, 4, 4], to: 3, [2, 3], dilations: [2, 2], pads: [1, 1, 1, 1]),
    Case([1, 3, 5], to: 4, hasBias: true, [3], strides: [3], pads: [1, 0]),
    Case([1, 2, 2, 3, 2], to: 3, [2, 2, 2], strides: [2, 1, 2]),
  ]

  @Test(arguments: transposed) func `a transposed convolution is its sums`(
    _ given: Case
  ) throws {
    var generator = SeededGenerator(seed: 3)
    let x = FloatTensor.random(given.shape, using: &generator)
    let weight = FloatTensor.random(
      Shape([given.shape[1], given.channels / given.groups] + given.window.kernel),
      using: &generator)
    let bias = given.hasBias ? FloatTensor.random([given.channels], using: &generator).values : nil
    // One more than follows from the window is output padding.
    for more in given.window.strides.contains(2) ? [0, 1] : [0] {
      var output = given.transposedOutput
      if given.window.strides[0] == 2 { output[0] += more }
      let answer = try kernels.get().transposedConvolution(
        x, weight: weight, bias: bias, groups: given.groups, window: given.window,
        output: output)
      #expect(answer != nil || !given.isCommon)
      guard let found = try answer?.floats() else { continue }
      let expected = PlainLoops.transposedConvolution(
        x, weight, bias: bias, groups: given.groups, given.window, output: output)
      #expect(found.shape == Shape([given.shape[0], given.channels] + output))
      #expect(expected.relativeError(to: found.values) < 1e-6, "\(more) more")
    }
  }

  static let poolings: [Case] = [
    Case([2, 16, 7, 9], [3, 3], strides: [2, 2], pads: [1, 1, 1, 1]),
    Case([1, 3, 6, 9], [2, 2], strides: [2, 2]),
    Case([1, 5, 5, 6], [3, 2], strides: [2, 1], pads: [1, 0, 2, 1]),
    Case([2, 4, 9], [3], strides: [2], pads: [0, 1]),
    Case([1, 16, 4, 5, 4], [2, 3, 2], strides: [2, 2, 2], pads: [0, 1, 0, 0, 1, 0]),
    Case([1, 20, 5, 4], [5, 4]),
  ]

  @Test(arguments: poolings) func `a pooling is the largest or the mean`(_ given: Case) throws {
    var generator = SeededGenerator(seed: 4)
    let x = FloatTensor.random(given.shape, in: -2 ... -1, using: &generator)
    let windows = PlainLoops.windows(x, given.window, output: given.output)
    let area = Double(given.window.kernel.reduce(1, *))
    let kernels = try kernels.get()
    func check(_ found: (any HeldTensor)?, _ expected: [Double]) throws {
      let found = try #require(found).floats()
      #expect(found.shape == Shape([given.shape[0], given.shape[1]] + given.output))
      #expect(expected.relativeError(to: found.values) < 1e-6)
    }
    try check(
      try kernels.maxPool(x, window: given.window, output: given.output),
      windows.map { $0.max() ?? 0 })
    try check(
      try kernels.averagePool(
        x, window: given.window, countsPadding: false, output: given.output),
      windows.map { $0.reduce(0, +) / Double($0.count) })
    try check(
      try kernels.averagePool(x, window: given.window, countsPadding: true, output: given.output),
      windows.map { $0.reduce(0, +) / area })
  }

  @Test func `the last window of a pooling may reach over the padding`() throws {
    let given = Case([1, 16, 6, 6], [3, 3], strides: [2, 2])
    var generator = SeededGenerator(seed: 5)
    let x = FloatTensor.random(given.shape, using: &generator)
    let windows = PlainLoops.windows(x, given.window, output: [3, 3])
    let kernels = try kernels.get()
    let largest = try kernels.maxPool(x, window: given.window, output: [3, 3])?.floats()
    #expect(windows.map { $0.max() ?? 0 }.relativeError(to: largest?.values ?? []) < 1e-6)
    let mean = try kernels.averagePool(
      x, window: given.window, countsPadding: false, output: [3, 3])?.floats()
    let means = windows.map { $0.reduce(0, +) / Double($0.count) }
    #expect(means.relativeError(to: mean?.values ?? []) < 1e-6)
    #expect(
      try kernels.averagePool(x, window: given.window, countsPadding: true, output: [3, 3]) == nil)
  }

  @Test func `a pooling with dilations is refused`() throws {
    let given = Case([1, 16, 6, 6], [2, 2], dilations: [2, 3])
    let x = FloatTensor(zeros: given.shape)
    #expect(try kernels.get().maxPool(x, window: given.window, output: given.output) == nil)
  }

  @Test func `a pooling whose windows lie in padding alone is refused`() throws {
    let x = FloatTensor(zeros: [1, 1, 2, 2])
    let window = SlidingWindow(
      kernel: [1, 1], strides: [1, 1], dilations: [1, 1], padsBefore: [1, 1], padsAfter: [1, 1])
    #expect(try kernels.get().maxPool(x, window: window, output: [4, 4]) == nil)
  }

  @Test func `convolutions that contradict themselves are refused`() throws {
    let kernels = try kernels.get()
    func refuses(
      _ x: Shape, _ weight: Shape, bias: [Float]? = nil, groups: Int = 1, _ window: SlidingWindow
    ) throws {
      #expect(
        try kernels.convolution(
          FloatTensor(zeros: x), weight: FloatTensor(zeros: weight), bias: bias, groups: groups,
          window: window) == nil)
    }
    let window = Case([1, 4, 3, 3], [3, 3]).window
    try refuses([1, 4, 3, 3], [2, 3, 3, 3], window)
    try refuses([1, 4, 3, 3], [2, 4, 2, 3], window)
    try refuses([1, 4, 3, 3], [3, 2, 3, 3], groups: 2, window)
    try refuses([1, 4, 3, 3], [2, 4, 3, 3], groups: 0, window)
    try refuses([1, 4, 3, 3], [2, 4, 3, 3], bias: [1], window)
    try refuses([1, 4, 2, 3], [2, 4, 3, 3], window)
    try refuses([0, 4, 3, 3], [2, 4, 3, 3], window)
    try refuses([1, 4, 3, 3], [0, 4, 3, 3], window)
    try refuses([4, 3], [2, 3], window)
    try refuses([1, 4, 1, 1, 1, 1], [2, 4, 1, 1, 1, 1], Case([1], [1, 1, 1, 1]).window)
    for strides in [[0, 1], [-1, 1], [1, .max]] {
      try refuses([1, 4, 3, 3], [2, 4, 3, 3], Case([1], [3, 3], strides: strides).window)
      try refuses([1, 4, 3, 3], [2, 4, 3, 3], Case([1], [3, 3], dilations: strides).window)
    }
    let wide = Case([1], [3, 3], pads: [0, 65_535, 0, 65_535]).window
    try refuses([1000, 4, 3, 3], [2, 4, 3, 3], wide)
    for pads in [[-1, 0, 0, 0], [0, 0, 0, .max]] {
      try refuses([1, 4, 3, 3], [2, 4, 3, 3], Case([1], [3, 3], pads: pads).window)
    }
  }
}

private let kernels = Result { try OneDNNKernels(threads: 1) }
