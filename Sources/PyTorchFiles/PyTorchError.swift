public import Files

/// What can be wrong with a file of PyTorch; what is wrong with the zip archive is `ZipError`'s.
public enum PyTorchError: DiagnosticError, Equatable {
  /// The file is neither an archive nor a stream that PyTorch wrote.
  case unknownFormat(path: String)
  /// The file has a form that is not read.
  case unsupported(path: String, found: String)
  /// The archive or the stream around the pickles contradicts itself.
  case malformed(path: String, reason: String)
  /// A pickle cannot be read at the byte `position` of it.
  case malformedPickle(path: String, pickle: String, position: Int, reason: String)
  /// A pickle would call `name`, which makes no tensor, dictionary or number.
  case constructor(path: String, name: String)
  /// A pickle holds a whole module of the class `name` rather than its state.
  case wholeModule(path: String, name: String)
  /// A tensor contradicts its storage or the limits of this reader.
  case malformedTensor(path: String, tensor: String, reason: String)
  /// The file asks for more than the limits of reading allow.
  case beyondLimit(FileError)
  /// A tensor is of a kind that the suite does not have.
  case unreadableTensor(path: String, tensor: String, found: String)

  public var description: String {
    switch self {
    case .unknownFormat(let path):
      "\(path): expected a file of torch.save, found something else"
    case .unsupported(let path, let found):
      "\(path): expected the zip archive or the stream of torch.save, found \(found)"
    case .malformed(let path, let reason): "\(path): \(reason)"
    case .malformedPickle(let path, let pickle, let position, let reason):
      "\(path): pickle '\(pickle)': byte \(position): \(reason)"
    case .constructor(let path, let name):
      "\(path): expected tensors, dictionaries and numbers, found '\(name)', which is not run"
    case .wholeModule(let path, let name):
      "\(path): expected a dictionary of tensors, found a whole module of the class '\(name)'"
    case .malformedTensor(let path, let tensor, let reason):
      "\(path): tensor '\(tensor)': \(reason)"
    case .beyondLimit(let error): error.description
    case .unreadableTensor(let path, let tensor, let found):
      "\(path): tensor '\(tensor)': expected a dense tensor of booleans, integers or floating-point "
        + "numbers, found \(found)"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .unknownFormat, .unsupported:
      "load the file in PyTorch and write it anew: torch.save(model.state_dict(), path)"
    case .malformed, .malformedPickle, .malformedTensor:
      "the file is damaged or was not written by torch.save; copy it again, or save it anew"
    case .constructor:
      "if you trust the file, load it in PyTorch and save nothing but model.state_dict()"
    case .wholeModule:
      "save model.state_dict() instead of the model: torch.save(model.state_dict(), path)"
    case .beyondLimit(let error): error.hint
    case .unreadableTensor:
      "convert the tensor before saving it, as in tensor.detach().cpu().to_dense().float()"
    }
  }
}
