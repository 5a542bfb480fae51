public import Files

/// What can be wrong with a .safetensors file.
public enum SafetensorsError: DiagnosticError, Equatable {
  /// The file starts like one of another format.
  case otherFormat(path: String)
  /// The file ends before its header does.
  case truncated(path: String, expected: Int, found: Int)
  /// The header claims more bytes than the format allows.
  case headerTooLarge(path: String, bytes: UInt64)
  /// The header is not the JSON that the format asks for.
  case malformedHeader(path: String, reason: String)
  /// A tensor's entry contradicts itself or the file.
  case malformedTensor(path: String, tensor: String, reason: String)
  /// The tensors' byte ranges overlap, leave holes or do not end with the file.
  case layout(path: String, reason: String)
  /// A file that was just written is not what was meant; it did not take its place.
  case readBack(path: String, part: String, reason: String)

  public var description: String {
    switch self {
    case .otherFormat(let path): "\(path): expected a safetensors file, found something else"
    case .truncated(let path, let expected, let found):
      "\(path): truncated safetensors file: expected at least \(expected) bytes, found \(found)"
    case .headerTooLarge(let path, let bytes):
      "\(path): safetensors header: expected at most \(SafetensorsFile.maximumHeaderBytes) bytes, "
        + "found \(bytes)"
    case .malformedHeader(let path, let reason): "\(path): safetensors header: \(reason)"
    case .malformedTensor(let path, let tensor, let reason):
      "\(path): tensor '\(tensor)': \(reason)"
    case .layout(let path, let reason): "\(path): safetensors data: \(reason)"
    case .readBack(let path, let part, let reason):
      "\(path): read back after writing: \(part): \(reason)"
    }
  }

  public var fault: Fault {
    switch self {
    case .otherFormat, .truncated, .headerTooLarge, .malformedHeader, .malformedTensor, .layout:
      .malformedInput
    case .readBack: .inputOutput
    }
  }

  public var hint: String {
    switch self {
    case .otherFormat(let path):
      "a model is in safetensors; import what another tool exported: stm-convert \(path.shellWord) "
        + "-o \(Nearby.free("\(FilePath.stem(of: path)).safetensors").shellWord)"
    case .truncated, .headerTooLarge, .malformedHeader, .malformedTensor, .layout:
      "the file is cut short or damaged; copy it again, or write it anew"
    case .readBack:
      "check the disk and the memory, and that nothing writes to the inputs meanwhile; the file "
        + "was not kept"
    }
  }
}
