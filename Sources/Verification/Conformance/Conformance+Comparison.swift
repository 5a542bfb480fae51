import Networks
import OnnxExecution
import OnnxFiles
import Tensors

extension OnnxExecutionError {
  /// Whether the model asks for what the suite does not have, rather than contradicts itself.
  var isUnsupported: Bool {
    switch self {
    case .unsupported, .operatorSet, .unreadableConstant: true
    case .several(_, let errors): errors.allSatisfy(\.isUnsupported)
    case .input(_, _, "a tensor", _): true
    case .malformed, .missingInput, .input: false
    }
  }
}

extension OnnxError {
  /// Whether the file holds what the suite does not read, rather than contradicts itself.
  var isUnsupported: Bool {
    switch self {
    case .unsupportedTensor, .functionCall: true
    default: false
    }
  }
}

extension OnnxModel {
  /// The operators of the graph, those that make constants included, sorted.
  var operatorTypes: [String] {
    get throws {
      var types = Set(try graph.nodes.map(\.operation.type))
      for origin in origins.values {
        switch origin {
        case .initializer: break
        case .constant: types.insert("Constant")
        case .identity: types.insert("Identity")
        case .cast: types.insert("Cast")
        }
      }
      return types.sorted()
    }
  }
}

extension Tensor {
  /// The tensor whose bits these are: the data hold numbers of BFLOAT16 as ones of UINT16.
  func inBFloat16(ifThatIs wanted: ElementType?) -> Tensor {
    guard wanted == .bfloat16, elementType == .uint16 else { return self }
    return Tensor(bitPatterns: bitPatterns(as: UInt16.self), elementType: .bfloat16, shape: shape)
  }

  /// How the tensor is not what was `expected`; nil where it is.
  func difference(from expected: Tensor) -> String? {
    guard elementType == expected.elementType else {
      return "expected \(expected.elementType.rawValue), found \(elementType.rawValue)"
    }
    guard shape == expected.shape else { return "expected \(expected.shape), found \(shape)" }
    let range = 0..<shape.elementCount
    let tolerance = elementType == .bfloat16 ? 0x1p-7 : 1e-3
    let pairs = zip(expected.numbers(in: range), numbers(in: range))
    for (index, (wanted, found)) in pairs.enumerated() {
      let isClose = wanted.isFinite && abs(found - wanted) <= 1e-7 + tolerance * abs(wanted)
      guard wanted == found || isClose || (wanted.isNaN && found.isNaN) else {
        return "element \(index): expected \(wanted), found \(found)"
      }
    }
    return nil
  }
}
