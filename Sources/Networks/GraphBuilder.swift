/// Writes a network down layer by layer; names nest like modules.
public struct GraphBuilder: ~Copyable {
  private let name: String
  private let inputs: [String]
  private var nodes: [Graph<LayerOperation>.Node] = []
  private var modules: [String: String] = [:]
  private var path: [String] = []

  /// A builder of the graph `name`, which is given the values `inputs`.
  public init(_ name: String, inputs: [String]) {
    self.name = name
    self.inputs = inputs
  }

  /// Adds a layer called `name` within the current module; returns the name of its value.
  public mutating func layer(
    _ name: String, _ operation: LayerOperation, _ inputs: String...
  ) -> String {
    let full = qualified(name)
    nodes.append(.init(name: full, operation: operation, inputs: inputs, outputs: [full]))
    return full
  }

  /// Adds the layers of a module called `name`; returns the name of the value it ends in.
  public mutating func module(
    _ name: String, _ body: (inout GraphBuilder) -> String
  ) -> String {
    path.append(name)
    let value = body(&self)
    modules[path.joined(separator: ".")] = value
    path.removeLast()
    return value
  }

  /// The name that `name` has within the current module.
  public func qualified(_ name: String) -> String { (path + [name]).joined(separator: ".") }

  /// The graph that hands out `outputs`.
  public consuming func finish(_ outputs: KeyValuePairs<String, String>) -> Graph<LayerOperation> {
    do {
      return try Graph(
        name: name, inputs: inputs, nodes: nodes,
        outputs: outputs.map { .init(name: $0.key, value: $0.value) }, modules: modules)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
