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

  @Test func `the best entry alone is copied`() throws {
    let keys = FloatTensor(shape: [2, 1, 2, 1, 2], values: [1, 4, 3, 2, -1, -4, -3, -2])
    let values = FloatTensor(
      shape: [2, 2, 2, 1, 2], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    let query = FloatTensor(shape: [1, 1, 1, 2], values: [1, -1])
    let y = try read(keys, values, query, topK: 1)
    #expect(y.values == [2, 1, 6, 5, 9, 10, 13, 14])
  }

  @Test func `entries as good as the last that counts share`() throws {
    let keys = FloatTensor(shape: [1, 1, 2, 1, 2], values: [2, 1, 2, 2])
    let values = FloatTensor(shape: [1, 1, 2, 1, 2], values: [3, 100, 6, 9])
    let query = FloatTensor(shape: [1, 1, 1, 2], values: [5, 5])
    for topK in 1...3 { #expect(try read(keys, values, query, topK: topK).values == [6, 6]) }
  }

  @Test func `two entries are weighed against each other alone`() throws {
    let keys = FloatTensor(shape: [1, 1, 3, 1, 1], values: [0, 1, 2])
    let values = FloatTensor(shape: [1, 1, 3, 1, 1], values: [1000, 1, 0])
    let query = FloatTensor(shape: [1, 1, 1, 1], values: [1])
    let found = try read(keys, values, query, topK: 2).values[0]
    #expect(abs(Double(found) - 1 / (1 + exp(1))) < 1e-6)
  }

  @Test func `as many entries as there are, or more, are all read`() throws {
    var generator = SeededGenerator(seed: 5)
    let keys = FloatTensor.random([1, 3, 2, 2, 2], in: -3...3, using: &generator)
    let values = FloatTensor.random([1, 4, 2, 2, 2], using: &generator)
    let query = FloatTensor.random([1, 3, 2, 2], in: -3...3, using: &generator)
    let all = try read(keys, values, query)
    for topK in [8, 9, .max] { #expect(try read(keys, values, query, topK: topK) == all) }
    #expect(try read(keys, values, query, topK: 7) != all)
  }

  @Test func `a similarity that is no number reaches the result`() throws {
    let keys = FloatTensor(shape: [1, 1, 3, 1, 1], values: [0, .nan, 2])
    let values = FloatTensor(shape: [1, 1, 3, 1, 1], values: [1, 2, 3])
    let query = FloatTensor(shape: [1, 1, 1, 1], values: [1])
    for topK in 1...3 {
      #expect(try read(keys, values, query, topK: topK).values.allSatisfy(\.isNaN))
    }
  }

  private func read(
    _ keys: FloatTensor, _ values: FloatTensor, _ query: FloatTensor, topK: Int? = nil
  ) throws -> FloatTensor {
    var b = GraphBuilder("g", inputs: ["keys", "values", "query"])
    let graph = b.finish(["y": b.layer("read", .memoryRead, "keys", "values", "query")])
    let bound = try BoundProgram(
      Program(layersOf: graph), precision: .float32, weights: try TensorArchive([:]), topK: topK)
    let outputs = try ReferenceBackend(threads: 3).compile(bound)
      .run(["keys": keys, "values": values, "query": query])
    return try #require(outputs["y"])
  }
}
