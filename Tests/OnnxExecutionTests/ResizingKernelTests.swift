import Execution
import OnnxExecution
import OnnxFiles
import Tensors
import TestSupport
import Testing

/// When Resize and Concat run on a library's kernels.
@Suite struct ResizingKernelTests {
  /// What the graph `Concat(Resize(x), Resize(x))` gives, on kernels that give 7 and 9.
  private func run(_ x: Tensor, scales: Tensor) throws -> [Float] {
    let path = Fixture.path("resizings/concatenated-any.onnx")
    let program = try OnnxProgram(OnnxFile.read(path), path: path, kernels: ConstantKernels())
    let y = try #require(try program.run(["x": x, "scales": scales])["y"])
    return y.floats().values
  }

  @Test func `half-pixel centres and whole extents take the kernels`() throws {
    let values = try run(.counting([1, 2, 2, 3]), scales: .vector(1, 1, 2, 2))
    #expect(values == [Float](repeating: 9, count: 96))
  }

  @Test func `extents that were rounded do not`() throws {
    let values = try run(.counting([1, 1, 1, 3]), scales: .vector(1, 1, 1, 1.5))
    #expect(values.count == 8)
    #expect(!values.contains(7) && !values.contains(9))
  }

  @Test func `other axes do not`() throws {
    let values = try run(.counting([1, 2, 1, 1]), scales: .vector(1, 2, 1, 1))
    #expect(values == [0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1])
  }
}

/// Numbers that only a library can give back.
private struct Held: HeldTensor {
  let shape: Shape
  let value: Float

  var byteCount: Int { 4 }

  func floats() -> FloatTensor {
    FloatTensor(shape: shape, values: [Float](repeating: value, count: shape.elementCount))
  }
}

/// Kernels whose bilinear interpolation gives 7 and whose concatenation gives 9.
private struct ConstantKernels: OperatorKernels {
  static let name = "constant"

  func resizeBilinear(_ x: any HeldTensor, output: [Int]) -> (any HeldTensor)? {
    Held(shape: [x.shape[0], x.shape[1], output[0], output[1]], value: 7)
  }
  func concatenateChannels(_ parts: [any HeldTensor]) -> (any HeldTensor)? {
    let shape = parts[0].shape
    return Held(
      shape: [shape[0], parts.map { $0.shape[1] }.reduce(0, +), shape[2], shape[3]], value: 9)
  }

  func convolution(
    _ x: any HeldTensor, weight: FloatTensor, bias: [Float]?, groups: Int, window: SlidingWindow
  ) -> (any HeldTensor)? { nil }
  func transposedConvolution(
    _ x: any HeldTensor, weight: FloatTensor, bias: [Float]?, groups: Int, window: SlidingWindow,
    output: [Int]
  ) -> (any HeldTensor)? { nil }
  func integerConvolution(
    _ x: Tensor, zeroPoint: Int32, weight: Tensor, groups: Int, window: SlidingWindow
  ) -> [Int32]? { nil }
  func maxPool(
    _ x: any HeldTensor, window: SlidingWindow, output: [Int]
  ) -> (any HeldTensor)? { nil }
  func averagePool(
    _ x: any HeldTensor, window: SlidingWindow, countsPadding: Bool, output: [Int]
  ) -> (any HeldTensor)? { nil }
  func scaleAndShift(
    _ x: any HeldTensor, scale: [Float], shift: [Float]
  ) -> (any HeldTensor)? { nil }
  func relu(_ x: any HeldTensor) -> (any HeldTensor)? { nil }
  func add(_ left: any HeldTensor, _ right: any HeldTensor) -> (any HeldTensor)? { nil }
  func matrixProduct(_ left: any HeldTensor, _ right: any HeldTensor) -> (any HeldTensor)? { nil }
  func softmax(_ x: any HeldTensor, axis: Int) -> (any HeldTensor)? { nil }
}
