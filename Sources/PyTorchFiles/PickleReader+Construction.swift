import Files
import Tensors

extension PickleReader {
  /// A module's own entries stand among so many first ones of its state.
  private static let mostModuleKeys = 64
  /// A storage's key is a number, and every use of the storage looks it up.
  private static let longestKey = 256

  /// What calling `function` with `arguments` stands for.
  mutating func construct(
    _ function: PickleValue, _ arguments: PickleValue
  ) throws(PyTorchError) -> PickleValue {
    guard case .global(let global) = function, case .tuple(let arguments) = arguments else {
      throw bytes.malformed("expected a constructor and a tuple, found something else")
    }
    return try construct(global, pickle.containers[arguments])
  }

  private mutating func construct(
    _ function: PickleGlobal, _ arguments: [PickleValue]
  ) throws(PyTorchError) -> PickleValue {
    switch function {
    case .orderedDictionary: return .dictionary(try contain(try pairs(arguments)))
    case .tensor: return try tensor(arguments, type: nil)
    case .typedTensor:
      guard arguments.count >= 7, case .global(.elementType(let name, let type)) = arguments[6]
      else { throw bytes.malformed("expected a tensor's element type, found something else") }
      guard let type else { return .unreadable("elements of \(name)") }
      return try tensor(arguments, type: type)
    case .parameter:
      switch arguments.first {
      case .tensor(let tensor)?: return .tensor(tensor)
      case .unreadable(let kind)?: return .unreadable(kind)
      default: throw bytes.malformed("expected the tensor of a parameter, found something else")
      }
    case .subclass: return try subclass(arguments)
    case .unreadable(let kind): return .unreadable(kind)
    case .opaque: return .opaque
    case .unknown(let name):
      unknownObject = unknownObject ?? name
      return .object
    case .storage, .elementType:
      throw bytes.malformed("expected a constructor, found a class of storages or elements")
    }
  }

  /// What making an object of `kind` stands for.
  mutating func instantiate(_ kind: PickleValue) throws(PyTorchError) -> PickleValue {
    switch kind {
    case .global(.unknown(let name)):
      unknownObject = unknownObject ?? name
      return .object
    case .global(.opaque): return .opaque
    case .global(.orderedDictionary): return .dictionary(try contain([]))
    default: throw bytes.malformed("expected a class, found something else")
    }
  }

  /// Gives `value` its `state`: none is of interest, but that of a module gives it away.
  func build(_ value: PickleValue, _ state: PickleValue) throws(PyTorchError) {
    switch value {
    case .dictionary, .opaque, .unreadable: break
    case .object:
      if case .dictionary(let state) = state, let unknownObject {
        let keys = pickle.containers[state].prefix(2 * Self.mostModuleKeys).compactMap { value in
          if case .text(let key) = value { key } else { nil }
        }
        guard !keys.contains("_parameters") || !keys.contains("_modules") else {
          throw .wholeModule(path: bytes.path, name: unknownObject.clipped)
        }
      }
    default: throw bytes.malformed("expected an object on the stack, found something else")
    }
  }

  /// What a persistent id stands for: a storage, or in streams the class of a module.
  mutating func persistent(_ id: PickleValue) throws(PyTorchError) -> PickleValue {
    guard case .tuple(let index) = id, case .text(let kind)? = pickle.containers[index].first else {
      throw bytes.malformed("expected a tuple that names a storage, found something else")
    }
    let parts = pickle.containers[index]
    if kind == "module", parts.count == 4 { return parts[1] }
    guard kind == "storage", parts.count == 5 || parts.count == 6,
      case .global(.storage(let kind)) = parts[1], case .text(let key) = parts[2],
      case .text = parts[3], case .integer(let count) = parts[4], count >= 0,
      !count.multipliedReportingOverflow(by: kind.byteCount).overflow
    else { throw bytes.malformed("expected a storage's class, key, device and size") }
    guard key.utf8.count <= Self.longestKey else {
      throw bytes.malformed("expected a storage's key of at most \(Self.longestKey) bytes")
    }
    let window = parts.count == 6 ? try self.window(parts[5], of: count) : 0..<count
    try check(.tensors, pickle.storages.count + 1)
    pickle.storages.append(PickledStorage(kind: kind, key: key, count: count, window: window))
    return .storage(pickle.storages.count - 1)
  }

  /// The part of a storage of `count` elements that `view` names: None, or (key, offset, size).
  private func window(_ view: PickleValue, of count: Int) throws(PyTorchError) -> Range<Int> {
    if case .none = view { return 0..<count }
    guard case .tuple(let index) = view, pickle.containers[index].count == 3,
      case .integer(let offset) = pickle.containers[index][1],
      case .integer(let size) = pickle.containers[index][2],
      offset >= 0, size >= 0, offset <= count, size <= count - offset
    else { throw bytes.malformed("expected a part of a storage of \(count) elements") }
    return offset..<offset + size
  }

  private mutating func tensor(
    _ arguments: [PickleValue], type: ElementType?
  ) throws(PyTorchError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let index) = arguments[0],
      case .integer(let offset) = arguments[1], let sizes = try integers(arguments[2]),
      let strides = try integers(arguments[3])
    else { throw bytes.malformed("expected a tensor's storage, offset, sizes and strides") }
    let kind = pickle.storages[index].kind
    guard let type = type ?? kind.elementType else {
      return .unreadable("elements of the type \(kind.name)")
    }
    try check(.tensors, pickle.tensors.count + 1)
    pickle.tensors.append(
      PickledTensor(
        storage: index, elementType: type, offset: offset, sizes: sizes, strides: strides))
    return .tensor(pickle.tensors.count - 1)
  }

  /// Looks through the class to the tensor; it may not be another class's in turn.
  private mutating func subclass(_ arguments: [PickleValue]) throws(PyTorchError) -> PickleValue {
    guard arguments.count >= 3, case .global(let function) = arguments[0],
      case .tuple(let index) = arguments[2]
    else { throw bytes.malformed("expected a function, a class and arguments") }
    switch function {
    case .tensor, .typedTensor, .parameter, .unreadable, .unknown:
      return try construct(function, pickle.containers[index])
    default: throw bytes.malformed("expected the function of a tensor, found something else")
    }
  }

  /// The number of the container with the integers of `value`, one for each dimension; what may be
  /// appended to later is copied.
  private mutating func integers(_ value: PickleValue) throws(PyTorchError) -> Int? {
    let number: Int
    switch value {
    case .tuple(let tuple): number = tuple
    case .list(let list): number = list
    default: return nil
    }
    let elements = pickle.containers[number]
    try check(.rank, elements.count)
    let areIntegers = elements.allSatisfy { if case .integer = $0 { true } else { false } }
    guard areIntegers else { return nil }
    if case .list = value { return try contain(elements) }
    return number
  }

  /// The keys and values of a dictionary that is called with nothing, or with a list of pairs as
  /// Python 2 does.
  private func pairs(_ arguments: [PickleValue]) throws(PyTorchError) -> [PickleValue] {
    guard let first = arguments.first else { return [] }
    guard arguments.count == 1, case .list(let list) = first else {
      throw bytes.malformed("expected a list of keys with values, found something else")
    }
    var pairs: [PickleValue] = []
    for pair in pickle.containers[list] {
      let index: Int? =
        switch pair {
        case .list(let list): list
        case .tuple(let tuple): tuple
        default: nil
        }
      guard let index, pickle.containers[index].count == 2 else {
        throw bytes.malformed("expected a key with a value, found something else")
      }
      pairs += pickle.containers[index]
    }
    return pairs
  }
}
