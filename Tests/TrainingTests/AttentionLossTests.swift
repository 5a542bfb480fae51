import Differentiation
import Foundation
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import Training

/// Attention on the same object, and its gradients.
@Suite struct AttentionLossTests {
  private let target = AttentionTargets.Query(
    frame: 2, object: 1, positions: [0, 3, 4], memory: [0, 0.5, 1, 0, 0.2, 0, 1, 1, 0, 0, 0, 0.7])
  private var values: [String: FloatTensor] = [:]

  init() {
    var generator = SeededGenerator(seed: 7)
    for name in ["0", "1"] { values[name] = .random([2, 4, 2, 3], using: &generator) }
    values["query"] = .random([1, 4, 2, 3], in: -2...2, using: &generator)
  }

  private func loss(
    _ values: [String: FloatTensor], gradients: inout [String: FloatTensor]
  ) throws -> Double {
    let query = Numbers<Double>(try #require(values["query"]))
    var attention = AttentionLoss(
      keys: try ["0", "1"].map { Numbers<Double>(try #require(values[$0])) })
    var byQuery = Numbers<Double>(zeros: query.shape)
    let sum = attention.sum(target, query: query, scale: 1, queryGradient: &byQuery)
    gradients = [
      "0": attention.keyGradients[0].floats, "1": attention.keyGradients[1].floats,
      "query": byQuery.floats,
    ]
    return sum
  }

  @Test(arguments: ["0", "1", "query"]) func `gradients are those of differences`(
    name: String
  ) throws {
    var (gradients, unused): ([String: FloatTensor], [String: FloatTensor]) = ([:], [:])
    _ = try loss(values, gradients: &gradients)
    let difference = try CentralDifference(values, gradients: gradients, where: { $0 == name }) {
      try loss($0, gradients: &unused)
    }
    #expect(difference.error < 1e-6)
  }

  @Test func `the loss is that of the softmax over all entries`() throws {
    var gradients: [String: FloatTensor] = [:]
    let found = try loss(values, gradients: &gradients)
    let keys = try ["0", "1"].map { try #require(values[$0]).values }
    let query = try #require(values["query"]).values
    var expected = 0.0
    for position in target.positions {
      var weights = [Double](repeating: 0, count: 12)
      for entry in 0..<12 {
        let products = (0..<4).map { channel in
          Double(keys[entry / 6][(4 + channel) * 6 + entry % 6])
            * Double(query[channel * 6 + position])
        }
        weights[entry] = exp(products.reduce(0, +) / 2)
      }
      let own = zip(weights, target.memory).reduce(0) { $0 + $1.0 * $1.1 }
      expected -= log(own / weights.reduce(0, +))
    }
    #expect(abs(found - expected) < 1e-9)
  }

  @Test func `an entry far from the object does not make the loss infinite`() {
    let keys = Numbers<Float>(shape: [1, 1, 1, 2], values: [400, -400])
    var attention = AttentionLoss(keys: [keys])
    var byQuery = Numbers<Float>(zeros: [1, 1, 1, 2])
    let query = Numbers<Float>(shape: [1, 1, 1, 2], values: [1, 1])
    let sum = attention.sum(
      AttentionTargets.Query(frame: 1, object: 0, positions: [0], memory: [0, 1]), query: query,
      scale: 1, queryGradient: &byQuery)
    #expect(sum == 800)
    #expect(attention.keyGradients[0].values == [1, -1])
  }

  @Test func `positions belong to an object by more than half, and only to one in memory`() {
    let masks = [16 * 9, 16 * 8, 16 * 16].map { pixels in
      ObjectMask(
        width: 16, height: 16, ids: (0..<256).map { $0 < pixels ? 1 : 0 })
    }
    let frames = [FloatTensor](repeating: FloatTensor(zeros: [1, 3, 16, 16]), count: 3)
    let clip = TrainingClip(frames: frames, masks: masks, objectCount: 2, source: "half")
    let targets = AttentionTargets(clip).queries
    #expect(targets.map(\.frame) == [2])
    #expect(targets.first?.positions == [0])
    #expect(targets.first?.memory.map { Int(($0 * 16).rounded()) } == [9, 8])
  }
}
