public import Tensors

/// What a node of an ONNX graph does. Mirrors `NodeProto`, without the names of values.
public struct OnnxOperator: Sendable {
  /// The operator, as in `Conv`.
  public let type: String

  /// The operator set that defines it; the standard one is `""`.
  public let domain: String

  /// Its settings, by name.
  public let attributes: [String: OnnxAttribute]

  /// The place of the node in the file, counted from 0.
  public let index: Int

  /// An operator.
  public init(
    type: String, domain: String = "", attributes: [String: OnnxAttribute] = [:], index: Int
  ) {
    self.type = type
    self.domain = domain
    self.attributes = attributes
    self.index = index
  }
}

/// A setting of an operator. Mirrors `AttributeProto`.
public enum OnnxAttribute: Sendable {
  /// A binary32 number.
  case float(Float)
  /// A whole number.
  case integer(Int)
  /// UTF-8 text.
  case text(String)
  /// A tensor in a number type of the suite.
  case tensor(TensorArchive.Entry)
  /// A list of binary32 numbers.
  case floats([Float])
  /// A list of whole numbers.
  case integers([Int])
  /// A list of UTF-8 texts.
  case texts([String])
  /// One or more graphs, which are not read.
  case graph
  /// Anything else, by the name that the format gives its type, as in `SPARSE_TENSOR`.
  case other(typeName: String)
}

/// A value that a graph is given or hands out. Mirrors `ValueInfoProto`.
public struct OnnxValue: Sendable, Equatable {
  /// Its name.
  public let name: String

  /// The type of its elements; nil where the file does not say, and for what is not a tensor of a
  /// number type of the suite.
  public let elementType: ElementType?

  /// Its dimensions, outermost first; nil where the file does not say. A dimension that is a
  /// symbol or is unknown is nil.
  public let dimensions: [Int?]?
}

/// How a constant of a model came to have its name.
public enum OnnxOrigin: Sendable, Equatable {
  /// The graph lists it.
  case initializer
  /// The output of the `Constant` node called `node`.
  case constant(node: String)
  /// A copy of the constant `of`, made by the `Identity` node called `node`.
  case identity(node: String, of: String)
  /// The constant `of` as binary32 numbers, made by the `Cast` node called `node`.
  case cast(node: String, of: String)
}
