public import Files

/// Named tensors in an order of their own, read when they are asked for.
///
/// Every file that holds weights is read into one of these, whatever its format.
public struct TensorArchive: Sendable {
  /// One named tensor of an archive.
  public struct Entry: Sendable {
    /// The name that the file gives it.
    public let name: String
    /// The type of its elements.
    public let elementType: ElementType
    /// Its dimensions, outermost first.
    public let shape: Shape
    /// The file that holds it, for messages.
    public let source: String

    private let read: @Sendable () throws -> Tensor

    /// An entry whose elements `read` delivers.
    public init(
      name: String, elementType: ElementType, shape: Shape, source: String,
      read: @escaping @Sendable () throws -> Tensor
    ) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.source = source
      self.read = read
    }

    /// An entry of a tensor that is in memory.
    public init(name: String, tensor: Tensor, source: String = "memory") {
      self.init(
        name: name, elementType: tensor.elementType, shape: tensor.shape, source: source
      ) { tensor }
    }

    /// The tensor. Throws what the format's reader throws.
    public func tensor() throws -> Tensor { try read() }

    /// The elements as binary32 numbers, as `Tensor.floats()` gives them.
    ///
    /// Throws ``TensorError/notFloatingPoint(name:source:found:)``, or what the format's reader
    /// throws.
    public func floats() throws -> FloatTensor {
      guard elementType.isFloatingPoint else {
        throw TensorError.notFloatingPoint(name: name, source: source, found: elementType)
      }
      return try tensor().floats()
    }

    /// The same tensor under another name.
    public func renamed(_ name: String) -> Entry {
      Entry(name: name, elementType: elementType, shape: shape, source: source, read: read)
    }
  }

  /// The tensors in the order of the file.
  public let entries: [Entry]

  /// The file's own remarks: text by key.
  public let metadata: [String: String]

  /// The tensors that the file holds in a type that the suite does not have, and why each cannot
  /// be read, by name.
  public let unreadable: [String: any DiagnosticError]

  private let indices: [String: Int]

  /// An archive of `entries`, whose names must differ.
  ///
  /// Throws ``TensorError/duplicateName(_:source:)``.
  public init(
    _ entries: [Entry], metadata: [String: String] = [:],
    unreadable: [String: any DiagnosticError] = [:]
  ) throws(TensorError) {
    var indices: [String: Int] = [:]
    for (index, entry) in entries.enumerated() {
      guard indices.updateValue(index, forKey: entry.name) == nil else {
        throw .duplicateName(entry.name, source: entry.source)
      }
    }
    self.entries = entries
    self.metadata = metadata
    self.unreadable = unreadable
    self.indices = indices
  }

  /// The shape of every tensor, by name.
  public var shapes: [String: Shape] {
    Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.shape) })
  }

  /// The entry called `name`, or nil.
  public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }
}
