import OnnxFiles
import Tensors

extension OperatorTable {
  /// Changes of the element type; see ``Value/casted(to:)``.
  ///
  /// The settings `saturate` and `round_mode` are about types that the suite does not have.
  static let casts: [String: Operator] = [
    "Cast": Operator(inputs: 1...1, attributes: ["to", "saturate", "round_mode"]) { call in
      let code = try call.integer("to", 0)
      guard let type = Int32(exactly: code).flatMap(ElementType.init(dataType:)) else {
        throw OperatorFailure.unsupported("data type \(code) (attribute 'to') is not supported")
      }
      return [try call.input(0).casted(to: type)]
    },
    "CastLike": Operator(
      opsets: 15...28, inputs: 2...2, attributes: ["saturate", "round_mode"]
    ) { call in
      [try call.input(0).casted(to: call.input(1).elementType)]
    },
  ]
}
