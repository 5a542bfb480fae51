import Execution
import Networks
import OneDNNBackend
import Quantization
import Tensors
import TestSupport
import Testing

/// Programs whose steps run in several precisions, against the reference.
@Suite struct MixedPlanTests {
  /// A plan with one exception.
  struct Case: Sendable, CustomTestStringConvertible {
    let standard: Precision
    let layer: String
    let precision: Precision
    var testDescription: String { "\(standard.rawValue), \(layer) in \(precision.rawValue)" }
  }

  static let cases = Precision.runnable.flatMap { standard in
    ["a", "b", "c", "key", "read", "last"].flatMap { layer in
      Precision.runnable.filter { $0 != standard }.map {
        Case(standard: standard, layer: layer, precision: $0)
      }
    }
  }

  private static func inputs(seed: UInt64) -> [String: FloatTensor] {
    var generator = SeededGenerator(seed: seed)
    return [
      "x": .random([2, 16, 6, 4], in: -2...2, using: &generator),
      "skip": .random([1, 16, 12, 8], in: -2...2, using: &generator),
      "frame": .random([1, 16, 6, 4], in: -2...2, using: &generator),
      "keys": .random([2, 16, 2, 6, 4], using: &generator),
      "values": .random([2, 16, 2, 6, 4], using: &generator),
    ]
  }

  @Test(arguments: cases)
  func `every value agrees with the reference`(_ test: Case) throws {
    let program = Self.program
    let plan = PrecisionPlan(test.standard, exceptions: [test.layer: test.precision])
    let bound = try BoundProgram(program, plan: plan, weights: try Self.weights(plan))
    let inputs = Self.inputs(seed: 3)
    func values(_ backend: some Backend) throws -> [String: FloatTensor] {
      var values: [String: FloatTensor] = [:]
      let names = Set(program.steps.map(\.name))
      _ = try backend.compile(bound).run(inputs, taps: Taps(names) { values[$0] = $1 })
      return values
    }
    let expected = try values(ReferenceBackend(threads: 1))
    let found = try values(OneDNNBackend(threads: 2))
    for step in program.steps {
      let (reference, value) = (
        try #require(expected[step.name]), try #require(found[step.name])
      )
      #expect(value.shape == reference.shape)
      #expect(value.relativeError(to: reference) < 3e-2, "\(step.name)")
      #expect(value.signalToNoise(of: reference) > 30, "\(step.name)")
    }
  }

  @Test(arguments: ["reference", "onednn"], ["a", "b", "key", "last"])
  func `with the kernels that integers stand for, binary32 gives what integers give`(
    name: String, layer: String
  ) throws {
    let program = Self.program
    let plan = PrecisionPlan(.float32, exceptions: [layer: .int8])
    let weights = try Self.weights(plan)
    let integer = try BoundProgram(program, plan: plan, weights: weights)
    let same = try integer.withFloatKernels(
      of: [layer], from: try TensorArchive(Self.dequantized(layer, in: weights)))
    let other = try integer.withFloatKernels(
      of: [layer], from: try Self.weights(PrecisionPlan(.float32)))
    let inputs = Self.inputs(seed: 4)
    let backend: any Backend =
      name == "onednn" ? try OneDNNBackend(threads: 2) : ReferenceBackend(threads: 1)
    let step = try #require(program.steps.first { $0.layer == layer })
    func value(_ bound: BoundProgram) throws -> FloatTensor {
      var value: FloatTensor?
      _ = try backend.compile(bound).run(inputs, taps: Taps([step.name]) { value = $1 })
      return try #require(value)
    }
    let expected = try value(integer)
    #expect(try value(same).relativeError(to: expected) < 1e-5)
    #expect(try value(other).relativeError(to: expected) > 1e-3)
  }

  /// The kernel that `layer` of `archive`, 8-bit integers, stands for, and its bias.
  private static func dequantized(
    _ layer: String, in archive: TensorArchive
  ) throws -> [TensorArchive.Entry] {
    let step = try #require(program.steps.first { $0.layer == layer })
    let parameters = try QuantizationReader(archive).dequantized(
      step, geometry: try #require(step.convolution))
    guard case .convolution(let weight, let bias, _) = parameters else { return [] }
    let biases = try #require(bias)
    return [
      .init(name: "\(layer).weight", tensor: Tensor(weight)),
      .init(
        name: "\(layer).bias",
        tensor: Tensor(FloatTensor(shape: [biases.count], values: biases))),
    ]
  }

  /// Convolutions with residual and ReLU, an upsampling with a sum, a memory read joined to a value.
  private static var program: Program {
    var b = GraphBuilder("test", inputs: ["x", "skip", "frame", "keys", "values"])
    func convolution(_ from: Int, _ kernel: Int) -> LayerOperation {
      .convolution(Convolution(from, 16, kernel: kernel, hasBias: true))
    }
    let a = b.layer("relu", .relu, b.layer("a", convolution(16, 3), "x"))
    let sum = b.layer("sum", .add, b.layer("b", convolution(16, 3), a), a)
    let larger = b.layer("add", .add, "skip", b.layer("upsample", .upsample(factor: 2), sum))
    let rectified = b.layer("rectified", .relu, larger)
    let c = b.layer("c", convolution(16, 3), rectified)
    let key = b.layer("key", convolution(16, 3), "frame")
    let read = b.layer("read", .memoryRead, "keys", "values", key)
    let joined = b.layer("joined", .concatenate, read, sum)
    let last = b.layer("last", convolution(32, 1), joined)
    return Program(deploying: b.finish(["c": c, "larger": larger, "last": last]))
  }

  /// Integer kernels for the steps that `plan` runs in int8, others for the rest, and how every
  /// value is held where it is integers.
  private static func weights(_ plan: PrecisionPlan) throws -> TensorArchive {
    let program = program
    let integers = try TensorArchive.randomIntegers(
      of: program, seed: 5, quantization: program.quantization)
    let floats = try TensorArchive.random(
      program.steps.flatMap { $0.operation.parameters(of: $0.layer) }, seed: 6)
    var entries: [String: TensorArchive.Entry] = [:]
    for step in program.steps where step.convolution != nil {
      let archive = plan[step].hasIntegerWeights ? integers : floats
      for entry in archive.entries where entry.name.hasPrefix("\(step.layer).") {
        entries[entry.name] = entry
      }
    }
    for value in program.inputs + program.steps.map(\.name) {
      let held = program.quantization(of: value)
      for entry in TensorArchive.quantization(named: "\(value).output", held) {
        entries[entry.name] = entry
      }
    }
    return try TensorArchive(entries.sorted { $0.key < $1.key }.map(\.value))
  }
}
