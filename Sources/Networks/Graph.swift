/// A directed acyclic graph of named nodes in an order in which they can run.
///
/// Values are named; a node reads values and makes values. What a node does is `Operation`'s
/// affair, so the same type holds a network of layers and an exporter's operators.
public struct Graph<Operation: Sendable>: Sendable {
  /// One operation: reads `inputs`, makes `outputs`.
  public struct Node: Sendable {
    /// The node's own name, unique in the graph.
    public let name: String
    /// What it does.
    public let operation: Operation
    /// The names of the values it reads, in the operation's order; an empty one is an input left
    /// out.
    public let inputs: [String]
    /// The names of the values it makes, in the operation's order; an empty one is an output that
    /// nobody asked for.
    public let outputs: [String]

    /// A node.
    public init(name: String, operation: Operation, inputs: [String], outputs: [String]) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  /// A value that the graph hands out, under a name of its own.
  public struct Output: Sendable, Hashable {
    /// The name outside the graph.
    public let name: String
    /// The value inside the graph.
    public let value: String

    /// An output.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The graph's name.
  public let name: String
  /// The values that it is given.
  public let inputs: [String]
  /// The values that are known before a run.
  public let constants: Set<String>
  /// The nodes; each reads only inputs, constants and what earlier nodes make.
  public let nodes: [Node]
  /// The values that it hands out.
  public let outputs: [Output]
  /// The value that each module (a named group of nodes) ends in.
  public let modules: [String: String]

  /// Checks that every value has one maker, which stands before its readers.
  ///
  /// Throws ``GraphError``.
  public init(
    name: String, inputs: [String], constants: Set<String> = [], nodes: [Node], outputs: [Output],
    modules: [String: String] = [:]
  ) throws(GraphError) {
    var known = constants
    for input in inputs where !known.insert(input).inserted {
      throw .madeTwice(graph: name, value: input)
    }
    for node in nodes {
      for input in node.inputs where !input.isEmpty && !known.contains(input) {
        throw .unknownValue(graph: name, value: input, reader: node.name)
      }
      for output in node.outputs where !output.isEmpty && !known.insert(output).inserted {
        throw .madeTwice(graph: name, value: output)
      }
    }
    for output in outputs where !known.contains(output.value) {
      throw .unknownValue(graph: name, value: output.value, reader: "output '\(output.name)'")
    }
    self.name = name
    self.inputs = inputs
    self.constants = constants
    self.nodes = nodes
    self.outputs = outputs
    self.modules = modules
  }
}
