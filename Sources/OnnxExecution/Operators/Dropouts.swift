import Tensors

extension OperatorTable {
  /// Dropout, which leaves everything as it is unless a model says that it is being trained.
  ///
  /// ONNX does not say which random numbers a seed stands for. Here, they are those of the reference
  /// implementation in the `onnx` package, which the expected outputs of its tests are made of.
  static let dropouts: [String: Operator] = [
    "Dropout": Operator(
      inputs: 1...3, outputs: 1...2, attributes: ["ratio", "is_test", "seed"]
    ) { call in
      let x = try call.input(0)
      guard x.elementType.isFloatingPoint else { throw Value.unsupported(x.elementType) }
      guard call.opset >= 12 else {
        guard try call.opset >= 7 || call.flag("is_test") else {
          throw OperatorFailure.unsupported("training (attribute 'is_test' of 0) is not supported")
        }
        let mask = kept(x.shape)
        return [x, call.opset >= 10 ? mask : try mask.casted(to: x.elementType)]
      }
      let ratio = try scalar(call, 1, 0.5) { try $0.doubles() }
      guard try scalar(call, 2, false, { try $0.booleans() }), ratio != 0 else {
        return [x, kept(x.shape)]
      }
      return try train(x, ratio: ratio, seed: call.integer("seed"))
    }
  ]

  /// A mask that keeps everything.
  private static func kept(_ shape: Shape) -> Value {
    Value(shape, [Bool](repeating: true, count: shape.elementCount))
  }

  private static func scalar<Element>(
    _ call: OperatorCall, _ index: Int, _ standard: Element, _ read: (Value) throws -> [Element]
  ) throws -> Element {
    guard let value = call.optional(index) else { return standard }
    let elements = try read(value)
    guard elements.count == 1 else {
      throw OperatorFailure.malformed(
        "input \(index): expected one element, found shape \(value.shape)")
    }
    return elements[0]
  }

  /// Drops each element with a probability of `ratio`, and scales the others.
  private static func train(_ x: Value, ratio: Double, seed: Int?) throws -> [Value] {
    guard ratio >= 0, ratio < 1 else {
      throw OperatorFailure.malformed("ratio: expected a number of [0, 1), found \(ratio)")
    }
    guard let seed, let word = UInt32(exactly: seed) else {
      let found = seed.map(String.init) ?? "none"
      throw OperatorFailure.unsupported(
        "training needs a seed of 32 bits (attribute 'seed'), found \(found)")
    }
    var generator = MersenneTwister(seed: word)
    let mask = (0..<x.shape.elementCount).map { _ in generator.next() >= ratio }
    let scale = 1 / (1 - ratio)
    var scaled = try x.doubles()
    for index in scaled.indices { scaled[index] *= mask[index] ? scale : 0 }
    let result = Value(.float64, x.shape, exact: .double(scaled))
    return [try result.casted(to: x.elementType), Value(x.shape, mask)]
  }
}
