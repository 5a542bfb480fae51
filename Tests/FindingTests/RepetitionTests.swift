import Execution
import Finding
import Models
import Networks
import OneDNNBackend
import STMModel
import Segmentation
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct RepetitionTests {
  @Test func `a model makes the same bytes again, whatever the number of threads`() throws {
    let model = try TinyNetwork.model()
    let repetition = try Repetition(
      of: model, over: try TinyNetwork.clip.get(),
      on: [1, 2, 3].map { ($0, try OneDNNBackend(threads: $0)) }, times: 2)
    #expect(repetition.passes && repetition.frames == 2)
    #expect(repetition.runs.map(\.threads) == [1, 1, 2, 2, 3, 3])
    #expect(repetition.runs.map(\.number) == [1, 2, 1, 2, 1, 2])
    #expect(Set(repetition.runs.map(\.digest)).count == 1)
    #expect(repetition.runs.allSatisfy { $0.digest.count == 64 && $0.differingLayers == 0 })
    let steps = model.network.deployedPrograms.flatMap(\.steps).count
    #expect(repetition.parts.count == steps + 2)
    #expect(repetition.parts.last?.place == .mask)
    #expect(Set(repetition.parts.map(\.digest)).count > steps / 2)
  }

  @Test func `other bytes have another hash`() throws {
    let runs = try [1, 1.0001].map { factor in
      try Repetition(
        of: TinyNetwork.model().changing("Decoder.pred2.bias") { $0 * factor },
        over: try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2),
        on: [(1, ReferenceBackend(threads: 1))], times: 1)
    }
    #expect(runs[0].runs[0].digest != runs[1].runs[0].digest)
    let places = zip(runs[0].parts, runs[1].parts).filter { $0.digest != $1.digest }.map(\.0.place)
    #expect(places.contains(.layer(program: "decode", name: "Decoder.pred2")))
    #expect(!places.contains(.layer(program: "decode", name: "Decoder.convFM")))
  }

  @Test func `a sum whose order depends on the threads is named with its first layer and frame`()
    throws
  {
    let repetition = try Repetition(
      of: try TinyNetwork.model(), over: try TinyNetwork.clip.get(),
      on: [1, 2].map { ($0, DisorderedBackend(layer: "Decoder.convFM", threads: $0, from: 0)) },
      times: 2)
    #expect(!repetition.passes)
    #expect(repetition.runs.map { $0.difference == nil } == [true, true, false, false])
    let difference = try #require(repetition.runs[2].difference)
    #expect(difference.place == .layer(program: "decode", name: "Decoder.convFM"))
    #expect(difference.frame == 1 && repetition.runs[2].differingLayers > 1)
  }

  @Test func `a layer that starts to differ in a later run and frame is found there`() throws {
    let repetition = try Repetition(
      of: try TinyNetwork.model(), over: try TinyNetwork.clip.get(),
      on: [(2, DisorderedBackend(layer: "Decoder.convFM", threads: 2, from: 3))], times: 2)
    #expect(repetition.runs.map { $0.difference?.frame } == [nil, 2])
  }
}

/// Plain loops but for one step, whose first number depends on the number of threads in all runs
/// from number `from` on, over every network that it compiles.
private final class DisorderedBackend: Backend {
  static let name = "disordered"

  private let layer: String
  private let threads: Int
  private let from: Int
  private let runs = Mutex(0)

  init(layer: String, threads: Int, from: Int) {
    (self.layer, self.threads, self.from) = (layer, threads, from)
  }

  func compile(_ program: BoundProgram) -> any CompiledProgram {
    let compiled = ReferenceBackend(threads: 1).compile(program)
    return program.program.step(layer) == nil
      ? compiled
      : DisorderedProgram(compiled: compiled, layer: layer) {
        self.runs.withLock { count in
          defer { count += 1 }
          return count >= self.from ? self.threads - 1 : 0
        }
      }
  }
}

private struct DisorderedProgram: CompiledProgram {
  let compiled: any CompiledProgram
  let layer: String
  let disorder: @Sendable () -> Int

  var bound: BoundProgram { compiled.bound }

  func run(held inputs: [String: any HeldTensor], taps: Taps) throws -> [String: any HeldTensor] {
    let bits = UInt32(disorder())
    var seen: FloatTensor?
    func disordered(_ value: FloatTensor) -> FloatTensor {
      var value = value
      value.values[0] = Float(bitPattern: value.values[0].bitPattern ^ bits << 20)
      return value
    }
    return try compiled.run(
      held: inputs,
      taps: Taps(
        taps.names.union([layer]),
        replacingWith: { name in name == layer ? seen : nil },
        receive: { name, value in
          let value = name == layer ? disordered(value) : value
          if name == layer { seen = value }
          try taps.receive(name, value)
        }))
  }

  func prepare(_ frame: any HeldTensor, as input: String) throws -> any HeldTensor { frame }

  func run(step name: String, inputs: [FloatTensor]) throws -> FloatTensor {
    try compiled.run(step: name, inputs: inputs)
  }
}
