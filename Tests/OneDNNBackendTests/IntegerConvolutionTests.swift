import Execution
import Networks
import OneDNNBackend
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// Integer convolutions are the formula of `IntegerConvolution`, bit for bit.
@Suite(.enabled(if: OneDNNBackend.runsIntegers)) struct IntegerConvolutionTests {
  @Test(arguments: STMConfiguration.sample.geometries)
  func `every geometry of the sample model is exact`(
    _ geometry: Convolution
  ) throws {
    let isLarge = geometry.weightCount > 40_000
    for variant in isLarge ? Variant.few : Variant.all {
      try variant.check(geometry, size: isLarge ? [3, 2] : [3, 7])
    }
  }

  @Test(arguments: STMConfiguration.published.geometries)
  func `every geometry of the published model is exact`(_ geometry: Convolution) throws {
    // A wide 3x3 has too many products for more than two pixels in a debug build.
    let isLarge = geometry.weightCount > 200_000
    let variants = isLarge ? [Variant.few[1]] : Variant.few
    for variant in variants { try variant.check(geometry, size: isLarge ? [1, 2] : [3, 5]) }
  }

  @Test func `objects are broadcast over the residual and the residual over objects`() throws {
    let geometry = Convolution(16, 24, kernel: 3, hasBias: true)
    for (objects, residualObjects) in [(3, 1), (1, 3), (3, 3)] {
      let variant = Variant(
        input: .affine, residual: .unsigned, output: .unsigned, appliesReLU: true,
        objects: objects, residualObjects: residualObjects)
      try variant.check(geometry, size: [5, 3])
    }
  }

  @Test(arguments: [[6, 9], [7, 8], [2, 1]], [Holding.unsigned, .affine, .signed])
  func `images are padded with what stands for their means`(
    _ size: [Int], _ input: Holding
  ) throws {
    for objects in [1, 2] {
      let variant = Variant(
        input: input, residual: nil, output: .unsigned, appliesReLU: true, objects: objects,
        module: "m")
      try variant.check(
        Convolution(3, 16, kernel: 7, stride: 2, hasBias: true), size: size)
    }
  }

  @Test func `values out of range are clamped`() throws {
    for output in [Holding.affine, .signed, .unsigned] {
      let variant = Variant(
        input: .affine, residual: .signed, output: output, appliesReLU: false, outputRange: 0.05)
      try variant.check(Convolution(16, 16, kernel: 3, hasBias: true), size: [5, 3])
    }
  }
}

/// How a value is held as integers.
enum Holding {
  case unsigned, affine, signed

  func quantization(_ magnitude: Float) -> AffineQuantization {
    switch self {
    case .unsigned: .nonNegative(maximum: magnitude)
    case .affine: .asymmetric(minimum: -0.7 * magnitude, maximum: magnitude)
    case .signed: .symmetric(magnitude: magnitude)
    }
  }
}

/// What stands around a convolution.
private struct Variant {
  let input: Holding
  let residual: Holding?
  let output: Holding?
  let appliesReLU: Bool
  var objects = 1
  var residualObjects = 1
  var outputRange: Float = 4
  /// The module of the normalization before the convolution, if there is one.
  var module: String?

  static let all: [Variant] = [Holding.unsigned, .affine, .signed].flatMap { input in
    [Holding?.none, .unsigned, .signed].flatMap { residual in
      [Holding?.none, .unsigned, .affine, .signed].compactMap { output in
        // A residual needs an integer output.
        residual != nil && output == nil
          ? nil
          : Variant(
            input: input, residual: residual, output: output, appliesReLU: output == .unsigned)
      }
    }
  }

  static let few = [
    Variant(input: .affine, residual: nil, output: nil, appliesReLU: false),
    Variant(input: .unsigned, residual: .signed, output: .unsigned, appliesReLU: true),
    Variant(input: .signed, residual: .unsigned, output: .affine, appliesReLU: false),
  ]

  func check(_ geometry: Convolution, size: [Int]) throws {
    let program = try program(geometry)
    let step = try #require(program.steps.first)
    let weights = try TensorArchive.randomIntegers(of: program, seed: 7) { value in
      switch value {
      case "x": input.quantization(3)
      case "residual": (residual ?? .unsigned).quantization(2)
      default: (output ?? .unsigned).quantization(outputRange)
      }
    }
    let bound = try BoundProgram(program, precision: .int8, weights: weights)
    var generator = SeededGenerator(seed: 9)
    var inputs = [
      FloatTensor.random(
        Shape([objects, geometry.inputChannels] + size), in: -3...3, using: &generator)
    ]
    if residual != nil {
      inputs.append(
        .random(
          Shape([residualObjects, geometry.outputChannels] + size.map(geometry.outputSize)),
          in: -2...2, using: &generator))
    }
    let expected = try ReferenceBackend(threads: 1).compile(bound).run(
      step: step.name, inputs: inputs)
    let found = try backend.get().compile(bound).run(step: step.name, inputs: inputs)
    #expect(found.shape == expected.shape)
    #expect(found.bits == expected.bits, "\(self)")
  }

  /// The convolution, followed by one that reads its value as integers where that is asked for.
  private func program(_ geometry: Convolution) throws -> Program {
    var nodes: [Graph<LayerOperation>.Node] = []
    var last = "x"
    func add(_ name: String, _ operation: LayerOperation, _ inputs: [String]) {
      nodes.append(.init(name: name, operation: operation, inputs: inputs, outputs: [name]))
      last = name
    }
    if let module { add("n", .normalize(module: module, channels: geometry.inputChannels), ["x"]) }
    add("convolution", .convolution(geometry), [last])
    if residual != nil { add("add", .add, [last, "residual"]) }
    if appliesReLU { add("relu", .relu, [last]) }
    if output != nil {
      add(
        "next", .convolution(Convolution(geometry.outputChannels, 1, kernel: 1, hasBias: false)),
        [last])
    }
    return Program(
      deploying: try Graph(
        name: "test", inputs: residual == nil ? ["x"] : ["x", "residual"], nodes: nodes,
        outputs: [.init(name: "y", value: last)]))
  }
}

private let backend = Result { try OneDNNBackend(threads: 1) }

extension STMConfiguration {
  /// The different convolutions of the deployed programs.
  fileprivate var geometries: [Convolution] {
    let steps = STMNetwork(self).graphs.flatMap { Program(deploying: $0).steps }
    var seen: Set<Convolution> = []
    return steps.compactMap(\.convolution).filter { seen.insert($0).inserted }
  }
}

extension Convolution {
  fileprivate var weightCount: Int { outputChannels * inputChannels * kernel * kernel }
}
