import Execution
import Networks
import Quantization
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import OneDNNBackend

@Suite struct ElementTapTests {
  /// Elements by value and channel, whose parts arrive on several threads.
  private final class Collected: Sendable {
    private let parts = Mutex<[String: [Int: [UInt32]]]>([:])

    func add(_ name: String, _ elements: Span<Float>, _ runs: ChannelRuns) {
      parts.withLock { parts in
        for index in elements.indices {
          let channel =
            runs.first + index / runs.length * runs.interleaved + index % runs.interleaved
          parts[name, default: [:]][channel, default: []].append(elements[index].bitPattern)
        }
      }
    }

    func sorted(_ name: String) -> [Int: [UInt32]] {
      parts.withLock { ($0[name] ?? [:]).mapValues { $0.sorted() } }
    }
  }

  /// The elements of each channel of `value`.
  private static func channels(of value: FloatTensor) -> [Int: [UInt32]] {
    let plane = value.shape[2] * value.shape[3]
    return Dictionary(
      grouping: value.values.indices, by: { $0 / plane % value.shape[1] }
    ).mapValues { $0.map { value.values[$0].bitPattern }.sorted() }
  }

  // 16 channels lie in blocks, 3 row-major; the sums are of two objects.
  @Test(arguments: [16, 3], [1, 2])
  func `element taps get every element of every object once, and are told its channel`(
    channels: Int, threads: Int
  ) throws {
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
    var expected: [String: [Int: [UInt32]]] = [:]
    _ = try compiled.run(inputs, taps: Taps(names) { expected[$0] = Self.channels(of: $1) })
    let collected = Collected()
    _ = try compiled.run(inputs, taps: Taps(elementsOf: names, receive: collected.add))
    for name in names { #expect(collected.sorted(name) == expected[name], "\(name)") }
    #expect(collected.sorted("sum").values.allSatisfy { $0.count == 2 * 63 })
  }

  // Several runs in a part, and several parts in a run, which a part ends within.
  @Test(arguments: [[32, (1 << 14) + 1], [32, (1 << 15) + 7], [3, (1 << 18) + 5]])
  func `a value of many parts arrives whole`(extents: [Int]) throws {
    var builder = GraphBuilder("test", inputs: ["x"])
    let program = Program(deploying: builder.finish(["y": builder.layer("y", .relu, "x")]))
    let compiled = try OneDNNBackend(threads: 2).compile(
      BoundProgram(program, precision: .float32, weights: try TensorArchive([])))
    let count = extents[0] * extents[1]
    let x = FloatTensor(
      shape: [1, extents[0], 1, extents[1]], values: (0..<count).map(Float.init))
    let collected = Collected()
    _ = try compiled.run(["x": x], taps: Taps(elementsOf: ["x"], receive: collected.add))
    #expect(collected.sorted("x") == Self.channels(of: x))
  }
}
