import Execution
import Networks
import Quantization
import Synchronization
import Tensors
import Testing

@testable import OneDNNBackend

@Suite struct ElementTapTests {
  /// Parts of values that arrive on several threads.
  private final class Collected: Sendable {
    private let parts = Mutex<[String: [Float]]>([:])

    func add(_ name: String, _ elements: Span<Float>) {
      parts.withLock { $0[name, default: []] += elements.indices.map { elements[$0] } }
    }

    func sorted(_ name: String) -> [UInt32] {
      parts.withLock { ($0[name] ?? []).map(\.bitPattern).sorted() }
    }
  }

  // 16 channels lie in blocks, 3 row-major; the sums are of two objects.
  @Test(arguments: [16, 3], [1, 2])
  func `element taps get every element of every object once`(channels: Int, threads: Int) throws {
    var builder = GraphBuilder("test", inputs: ["x", "y"])
    let convolved = builder.layer(
      "convolution", .convolution(Convolution(channels, channels, kernel: 3, hasBias: true)), "x")
    let sum = builder.layer("sum", .add, "y", convolved)
    let program = Program(deploying: builder.finish(["sum": sum]))
    let parameters = program.steps.flatMap { $0.operation.parameters(of: $0.layer) }
    let compiled = try OneDNNBackend(threads: threads).compile(
      BoundProgram(program, precision: .float32, weights: try .random(parameters, seed: 1)))
    var generator = SeededGenerator(seed: 2)
    let inputs: [String: FloatTensor] = [
      "x": .random([1, channels, 9, 7], using: &generator),
      "y": .random([2, channels, 9, 7], using: &generator),
    ]
    let names = Set(program.inputs + program.steps.map(\.name))
    var expected: [String: [UInt32]] = [:]
    _ = try compiled.run(inputs, taps: Taps(names) { expected[$0] = $1.bits.sorted() })
    let collected = Collected()
    _ = try compiled.run(inputs, taps: Taps(elementsOf: names) { collected.add($0, $1) })
    for name in names { #expect(collected.sorted(name) == expected[name], "\(name)") }
    #expect(collected.sorted("sum").count == 2 * channels * 63)
  }

  @Test func `a value of many parts arrives whole`() throws {
    var builder = GraphBuilder("test", inputs: ["x"])
    let program = Program(deploying: builder.finish(["y": builder.layer("y", .relu, "x")]))
    let compiled = try OneDNNBackend(threads: 2).compile(
      BoundProgram(program, precision: .float32, weights: try TensorArchive([])))
    let count = (1 << 19) + 32
    let x = FloatTensor(shape: [1, 32, 1, count / 32], values: (0..<count).map(Float.init))
    let collected = Collected()
    _ = try compiled.run(["x": x], taps: Taps(elementsOf: ["x"]) { collected.add($0, $1) })
    #expect(collected.sorted("x") == x.bits)
  }
}
