public import Files

/// What can be wrong with a .npy file or a member of an .npz archive.
///
/// `array` is the name of the array; what is wrong with the archive itself is `ZipError`'s.
public enum NumpyError: DiagnosticError, Equatable {
  /// The file is neither an array nor an archive.
  case unknownFormat(path: String)
  /// The archive's member is not called `.npy`.
  case memberName(path: String, member: String)
  /// The array does not start as the format asks.
  case notAnArray(path: String, array: String)
  /// The header has a version that is not known.
  case version(path: String, array: String, found: String)
  /// The array ends before its header does.
  case truncatedHeader(path: String, array: String, expected: Int, found: Int)
  /// The header is not the dictionary that the format asks for.
  case malformedHeader(path: String, array: String, reason: String)
  /// The elements have a type that is not read.
  case elementType(path: String, array: String, found: String)
  /// The elements do not fill the shape.
  case byteCount(path: String, array: String, expected: Int, found: Int)
  /// Elements of a type that NumPy does not have were to be written.
  case unwritable(path: String, array: String, found: String)

  public var description: String {
    switch self {
    case .unknownFormat(let path):
      "\(path): expected a .npy array or an .npz archive, found neither"
    case .memberName(let path, let member):
      "\(path): member '\(member)': expected a name that ends in .npy"
    case .notAnArray(let path, let array):
      "\(path): array '\(array)': expected the bytes 93 4E 55 4D 50 59 (NUMPY), found others"
    case .version(let path, let array, let found):
      "\(path): array '\(array)': expected version 1.0, 2.0 or 3.0 of the format, found \(found)"
    case .truncatedHeader(let path, let array, let expected, let found):
      "\(path): array '\(array)': truncated header: expected \(expected) bytes, found \(found)"
    case .malformedHeader(let path, let array, let reason):
      "\(path): array '\(array)': header: \(reason)"
    case .elementType(let path, let array, let found):
      "\(path): array '\(array)': expected a boolean, integer or floating-point type of at most "
        + "8 bytes, found \(found)"
    case .byteCount(let path, let array, let expected, let found):
      "\(path): array '\(array)': expected \(expected) bytes of elements, found \(found)"
    case .unwritable(let path, let array, let found):
      "\(path): array '\(array)': expected elements of a type that NumPy has, found \(found)"
    }
  }

  public var fault: Fault {
    if case .unwritable = self { .cannotCreateOutput } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .unknownFormat, .memberName, .notAnArray:
      "write the arrays with numpy.save, numpy.savez or numpy.savez_compressed"
    case .elementType: "convert the array before saving it, as in array.astype(numpy.float32)"
    case .unwritable: "write safetensors or HDF5"
    case .version, .truncatedHeader, .malformedHeader, .byteCount:
      "the file is cut short or damaged; copy it again, or save it anew"
    }
  }
}
