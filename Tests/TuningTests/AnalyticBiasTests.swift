import Execution
import Foundation
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

/// A convolution behind a batch norm and a ReLU, on Gaussian inputs that the batch norm's statistics
/// are of.
@Suite struct AnalyticBiasTests {
  private static let program: Program = {
    var b = GraphBuilder("g", inputs: ["x"])
    let made = b.layer("a", .convolution(Convolution(4, 8, kernel: 1, hasBias: false)), "x")
    let norm = b.layer("norm", .batchNormalization(BatchNormalization(channels: 8)), made)
    let read = b.layer("relu", .relu, norm)
    return Program(
      deploying: b.finish([
        "y": b.layer("b", .convolution(Convolution(8, 6, kernel: 1, hasBias: true)), read)
      ]))
  }()

  private let input: FloatTensor
  private let weights: TensorArchive

  init() throws {
    var generator = SeededGenerator(seed: 11)
    let pixels = 64 * 64
    let input = FloatTensor(
      shape: [1, 4, 64, 64],
      values: (0..<4 * pixels).map { _ in
        let radius = (-2 * log(Double.random(in: 1e-9...1, using: &generator))).squareRoot()
        return Float(radius * cos(2 * .pi * Double.random(in: 0...1, using: &generator)) + 0.7)
      })
    let first = FloatTensor.random([8, 4, 1, 1], using: &generator)
    var (means, variances): ([Float], [Float]) = ([], [])
    for output in 0..<8 {
      let made = (0..<pixels).map { pixel in
        (0..<4).reduce(0.0) {
          $0 + Double(first.values[4 * output + $1]) * Double(input.values[$1 * pixels + pixel])
        }
      }
      let mean = made.reduce(0, +) / Double(pixels)
      means.append(Float(mean))
      variances.append(Float(made.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels)))
    }
    func vector(_ name: String, _ values: [Float]) -> TensorArchive.Entry {
      .init(name: name, tensor: Tensor(FloatTensor(shape: [values.count], values: values)))
    }
    weights = try TensorArchive([
      .init(name: "a.weight", tensor: Tensor(first)),
      vector("norm.weight", [1, 0.5, 2, 1.5, 0.7, 1, 3, 0.2]),
      vector("norm.bias", [0, 1, -1, 0.5, 0.2, -0.3, 0, 1]),
      vector("norm.running_mean", means), vector("norm.running_var", variances),
      .init(
        name: "b.weight", tensor: Tensor(FloatTensor.random([6, 8, 1, 1], using: &generator))),
      vector("b.bias", [0, 0.1, -0.1, 0, 0, 0]),
    ])
    self.input = input
  }

  /// The mean of each channel of the result, once `b` is in w8 of 7 bits.
  private func means(_ correction: BiasCorrection?, _ precision: Precision) throws -> [Double] {
    let plan = PrecisionPlan(.float32, exceptions: ["b": precision])
    let tensors = try TensorArchive(
      Self.program.tensors(
        of: weights, in: plan,
        quantizing: WeightQuantization(reducesRange: true, biasCorrection: correction)))
    let outputs = try ReferenceBackend(threads: 1)
      .compile(BoundProgram(Self.program, plan: plan, weights: tensors)).run(["x": input])
    let values = try #require(outputs["y"]).values
    return (0..<6).map { channel in
      values[channel * 4096..<(channel + 1) * 4096].reduce(0) { $0 + Double($1) } / 4096
    }
  }

  private func distance(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  @Test func `biases corrected by a batch norm take up nearly all that rounding adds to means`()
    throws
  {
    let expected = try means(nil, .float32)
    let rounded = distance(try means(nil, .w8), expected)
    #expect(rounded > 0)
    #expect(distance(try means(.analytic, .w8), expected) < 0.1 * rounded)
  }
}
