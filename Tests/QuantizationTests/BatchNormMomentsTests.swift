import Foundation
import Networks
import Tensors
import Testing

@testable import Quantization

@Suite struct BatchNormMomentsTests {
  /// A Gaussian by its mean and standard deviation.
  typealias Gaussian = (mean: Double, deviation: Double)

  /// Two residual blocks of one channel: `relu(norm(x)) -> relu(norm(.) + norm(x))`, and behind a
  /// pooling again.
  private static let program: Program = {
    var b = GraphBuilder("g", inputs: ["x"])
    let convolution = LayerOperation.convolution(Convolution(1, 1, kernel: 1, hasBias: false))
    let norm = LayerOperation.batchNormalization(BatchNormalization(channels: 1))
    let first = b.layer("relu1", .relu, b.layer("a.norm", norm, b.layer("a", convolution, "x")))
    let shortcut = b.layer("b.norm", norm, b.layer("b", convolution, "x"))
    let branch = b.layer("c.norm", norm, b.layer("c", convolution, first))
    let sum = b.layer("sum", .add, branch, shortcut)
    let second = b.layer("relu2", .relu, sum)
    let pool = b.layer("pool", .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), second)
    let last = b.layer(
      "d", .convolution(Convolution(1, 1, kernel: 1, hasBias: true)), pool)
    return Program(deploying: b.finish(["y": last]))
  }()

  private static func moments(
    _ norms: [String: Gaussian]
  ) throws -> (BatchNormMoments, TensorArchive) {
    let weights = try TensorArchive(
      norms.sorted { $0.key < $1.key }.flatMap { name, norm in
        [("bias", norm.mean), ("weight", norm.deviation)].map { field, value in
          TensorArchive.Entry(
            name: "\(name).norm.\(field)",
            tensor: Tensor(FloatTensor(shape: [1], values: [Float(value)])))
        }
      })
    return (try BatchNormMoments(of: program, weights), weights)
  }

  /// The mean and the variance of `max(x, 0)` by summing over the density.
  private func clipped(_ gaussian: Gaussian) -> (mean: Double, variance: Double) {
    let count = 200_000
    var (first, second) = (0.0, 0.0)
    let width = 24 * gaussian.deviation / Double(count)
    for index in 0..<count {
      let x = gaussian.mean - 12 * gaussian.deviation + (Double(index) + 0.5) * width
      let distance = (x - gaussian.mean) / gaussian.deviation
      let weight =
        exp(-distance * distance / 2) / (gaussian.deviation * (2 * Double.pi).squareRoot()) * width
      first += max(x, 0) * weight
      second += max(x, 0) * max(x, 0) * weight
    }
    return (first, second - first * first)
  }

  @Test(arguments: [(0, 1), (0.5, 2), (-3, 1), (4, 0.5), (-0.2, -0.7)] as [Gaussian])
  func `behind a ReLU the mean is that of a clipped Gaussian`(norm: Gaussian) throws {
    let (moments, _) = try Self.moments(["a": norm, "b": (0, 1), "c": (0, 1)])
    let mean = try #require(moments.means(of: "relu1")?[0])
    #expect(abs(Double(mean) - clipped((norm.mean, abs(norm.deviation))).mean) < 1e-6)
  }

  @Test func `of a residual sum, means and variances add up`() throws {
    let (moments, _) = try Self.moments(["a": (0, 1), "b": (0.25, 1.5), "c": (-0.5, 2)])
    let sum: Gaussian = (-0.25, 2.5)
    #expect(
      abs(Double(try #require(moments.means(of: "relu2")?[0])) - clipped(sum).mean) < 1e-6)
  }

  @Test func `a channel that a batch norm makes constant is what it is behind a ReLU`() throws {
    let (moments, _) = try Self.moments(["a": (3, 0), "b": (-2, 0), "c": (1, 0)])
    #expect(moments.means(of: "relu1") == [3])
    #expect(moments.means(of: "relu2") == [0])
  }

  @Test func `nothing is known of images, of poolings, or where a batch norm is not there`() throws
  {
    let (moments, weights) = try Self.moments(["a": (0, 1), "c": (0, 1)])
    #expect(moments.means(of: "x") == nil)
    #expect(moments.means(of: "relu1") != nil)
    #expect(moments.means(of: "relu2") == nil)
    #expect(moments.means(of: "pool") == nil)
    #expect(
      try Self.program.layersWithoutBatchNorms(in: PrecisionPlan(.w8), weights)
        == ["a", "b", "d"])
  }
}
