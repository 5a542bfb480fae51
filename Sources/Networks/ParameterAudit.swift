public import Tensors

/// Everything that stands between an archive's tensors and the parameters that a network needs.
public struct ParameterAudit: Sendable, Equatable {
  /// A tensor whose shape is not the parameter's.
  public struct Misshapen: Sendable, Equatable {
    /// The canonical name.
    public let name: String
    /// The file that holds the tensor.
    public let source: String
    /// The parameter's shape.
    public let expected: Shape
    /// The tensor's shape.
    public let found: Shape
  }

  /// A tensor whose elements are not of a type that the parameter may have.
  public struct Mistyped: Sendable, Equatable {
    /// The canonical name.
    public let name: String
    /// The file that holds the tensor.
    public let source: String
    /// The types that the parameter may have.
    public let expected: [ElementType]
    /// The tensor's type.
    public let found: ElementType
  }

  /// A tensor that no layer asks for.
  public struct Unexpected: Sendable, Equatable {
    /// Its name in the file.
    public let name: String
    /// The file that holds it.
    public let source: String
    /// Its shape.
    public let shape: Shape
  }

  /// Parameters without a tensor, in the network's order.
  public let missing: [Parameter]
  /// Tensors without a parameter, in the archive's order.
  public let unexpected: [Unexpected]
  /// Tensors of the wrong shape, in the network's order.
  public let misshapen: [Misshapen]
  /// Tensors of the wrong type, in the network's order.
  public let mistyped: [Mistyped]
  /// Optional parameters without a tensor, in the network's order.
  public let absentOptional: [Parameter]
  /// How many parameters have a tensor of their shape.
  public let matched: Int

  /// Compares by name; both sides keep their order.
  public init(of archive: TensorArchive, against parameters: [Parameter]) {
    let names = Set(parameters.map(\.name))
    unexpected = archive.entries.filter { !names.contains($0.name) }
      .map { Unexpected(name: $0.name, source: $0.source, shape: $0.shape) }
    let absent = parameters.filter { archive[$0.name] == nil }
    missing = absent.filter { !$0.isOptional }
    absentOptional = absent.filter(\.isOptional)
    misshapen = parameters.compactMap { parameter in
      guard let entry = archive[parameter.name], entry.shape != parameter.shape else { return nil }
      return Misshapen(
        name: parameter.name, source: entry.source, expected: parameter.shape, found: entry.shape)
    }
    mistyped = parameters.compactMap { parameter in
      guard let entry = archive[parameter.name], !parameter.elementTypes.isEmpty,
        !parameter.elementTypes.contains(entry.elementType)
      else { return nil }
      return Mistyped(
        name: parameter.name, source: entry.source, expected: parameter.elementTypes,
        found: entry.elementType)
    }
    matched = parameters.count - absent.count - misshapen.count
  }

  /// Whether every required parameter has a tensor of its shape and type and nothing is left over.
  public var isClean: Bool {
    missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty && mistyped.isEmpty
  }
}
