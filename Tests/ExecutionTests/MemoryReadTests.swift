import Execution
import Foundation
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct MemoryReadTests {
  @Test func `each position reads the values by the softmax of its products with the keys`()
    throws
  {
    var generator = SeededGenerator(seed: 4)
    let keys = FloatTensor.random([2, 3, 2, 2, 3], in: -3...3, using: &generator)
    let values = FloatTensor.random([2, 4, 2, 2, 3], using: &generator)
    let query = FloatTensor.random([1, 3, 2, 3], in: -3...3, using: &generator)
    let y = try read(keys, values, query)
    #expect(y.shape == [2, 4, 2, 3])
    for object in 0..<2 {
      for position in 0..<6 {
        let weights = (0..<12).map { entry in
          let products = (0..<3).map { channel in
            Double(keys.values[(object * 3 + channel) * 12 + entry])
              * Double(query.values[channel * 6 + position])
          }
          return exp(products.reduce(0, +) / 3.0.squareRoot())
        }
        for channel in 0..<4 {
          let sum = (0..<12).map {
            weights[$0] * Double(values.values[(object * 4 + channel) * 12 + $0])
          }.reduce(0, +)
          let found = Double(y.values[(object * 4 + channel) * 6 + position])
          #expect(abs(found - sum / weights.reduce(0, +)) < 1e-6)
        }
      }
    }
  }

  @Test func `large products select one entry without overflow`() throws {
    let keys = FloatTensor(shape: [1, 1, 2, 1, 1], values: [1e18, -1e18])
    let values = FloatTensor(shape: [1, 1, 2, 1, 1], values: [7, 9])
    let query = FloatTensor(shape: [1, 1, 1, 1], values: [1e18])
    #expect(try read(keys, values, query).values == [7])
  }

  @Test func `equal keys read the mean`() throws {
    let keys = FloatTensor(zeros: [1, 2, 2, 1, 2])
    let values = FloatTensor(shape: [1, 1, 2, 1, 2], values: [1, 2, 3, 6])
    let query = FloatTensor(shape: [1, 2, 1, 2], values: [5, 6, 7, 8])
    #expect(try read(keys, values, query).values == [3, 3])
  }

  private func read(
    _ keys: FloatTensor, _ values: FloatTensor, _ query: FloatTensor
  ) throws -> FloatTensor {
    var b = GraphBuilder("g", inputs: ["keys", "values", "query"])
    let graph = b.finish(["y": b.layer("read", .memoryRead, "keys", "values", "query")])
    let bound = try BoundProgram(
      Program(layersOf: graph), precision: .float32, weights: try TensorArchive([:]))
    let outputs = try ReferenceBackend(threads: 3).compile(bound)
      .run(["keys": keys, "values": values, "query": query])
    return try #require(outputs["y"])
  }
}
