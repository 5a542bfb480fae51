public import Files

/// What can be wrong with a tensor or an archive of tensors.
public enum TensorError: DiagnosticError, Equatable, Codable {
  /// A dimension is negative, or the number of bytes does not fit in an integer.
  case impossibleShape([Int])
  /// The bytes at hand do not fill `shape`.
  case byteCount(shape: String, type: ElementType, expected: Int, found: Int)
  /// The elements are integers or booleans where numbers with a fraction are needed.
  case notFloatingPoint(name: String, source: String, found: ElementType)
  /// Two tensors of one archive have the same name.
  case duplicateName(String, source: String)

  public var description: String {
    switch self {
    case .impossibleShape(let dimensions):
      "shape \(dimensions): expected dimensions of at least 0 whose product fits in memory"
    case .byteCount(let shape, let type, let expected, let found):
      "tensor of shape \(shape) and type \(type.rawValue): expected \(expected) bytes, found \(found)"
    case .notFloatingPoint(let name, let source, let found):
      "\(source): tensor '\(name)': expected a floating-point type, found \(found.rawValue)"
    case .duplicateName(let name, let source):
      "\(source): tensor '\(name)' is present twice, expected each name once"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .impossibleShape, .byteCount: "the file is damaged or was written wrongly; export it again"
    case .notFloatingPoint: "convert the tensor to a floating-point type in the tool that wrote it"
    case .duplicateName: "export the model again so that every tensor has a name of its own"
    }
  }
}
