public import Networks
public import Tensors

/// A model to be written as an .onnx file: one graph of standard operators with its constants.
public struct OnnxDocument: Sendable {
  /// An extent of a value.
  public enum Dimension: Sendable, Hashable {
    /// The same in every run.
    case fixed(Int)
    /// What a run is given; equal names stand for equal extents.
    case symbol(String)
  }

  /// A value that the graph is given or hands out.
  public struct Value: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The type of its elements.
    public let elementType: ElementType
    /// Its dimensions, outermost first.
    public let dimensions: [Dimension]

    /// A declaration of a value.
    public init(name: String, elementType: ElementType, dimensions: [Dimension]) {
      self.name = name
      self.elementType = elementType
      self.dimensions = dimensions
    }
  }

  /// The versions of the standard operator set that a document can name.
  public static let operatorSets = 13...28

  /// The name of the graph.
  public let name: String
  /// The version of the standard operator set that defines the nodes.
  public let operatorSet: Int
  /// The name and the version of the tool that writes the file.
  public let producer: (name: String, version: String)
  /// What a run of the graph is given.
  public let inputs: [Value]
  /// What a run of the graph returns.
  public let outputs: [Value]
  /// The constants, in the order of the file.
  public let initializers: [TensorArchive.Entry]
  /// The nodes, each behind those whose values it reads.
  public let nodes: [Graph<OnnxOperator>.Node]
  /// Remarks on the model, by key.
  public let metadata: [String: String]

  /// A document; `operatorSet` must be one of ``operatorSets``.
  public init(
    name: String, operatorSet: Int, producer: (name: String, version: String), inputs: [Value],
    outputs: [Value], initializers: [TensorArchive.Entry], nodes: [Graph<OnnxOperator>.Node],
    metadata: [String: String]
  ) {
    precondition(Self.operatorSets.contains(operatorSet), "operator set \(operatorSet)")
    self.name = name
    self.operatorSet = operatorSet
    self.producer = producer
    self.inputs = inputs
    self.outputs = outputs
    self.initializers = initializers
    self.nodes = nodes
    self.metadata = metadata
  }

  /// The version of the format that ``operatorSet`` was published with (ONNX, *Versioning*).
  public var irVersion: Int {
    switch operatorSet {
    case ...14: 7
    case ...18: 8
    case ...20: 9
    case ...22: 10
    case 23: 11
    case 24: 12
    case ...27: 13
    default: 14
    }
  }
}
