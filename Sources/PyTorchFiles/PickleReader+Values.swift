import Files

extension PickleReader {
  /// Keeps the elements of a tuple, list or dictionary; returns their number.
  mutating func contain(_ elements: [PickleValue]) throws(PyTorchError) -> Int {
    try count(elements.count + 1)
    pickle.containers.append(elements)
    return pickle.containers.count - 1
  }

  /// Counts `count` more elements and containers, of which there may be as many as instructions.
  private mutating func count(_ count: Int) throws(PyTorchError) {
    elementCount += count
    try check(.values, elementCount / 2)
  }

  /// An integer in two's complement, little-endian.
  func long(_ bytes: [UInt8]) -> PickleValue {
    guard bytes.count <= 8 else { return .large(bytes) }
    let sign: UInt64 = bytes.last.map { $0 >= 0x80 } ?? false ? .max : 0
    return .integer(Int(Int64(bitPattern: bytes.reversed().reduce(sign) { $0 << 8 | UInt64($1) })))
  }

  /// Text of Python 2, which may be any bytes.
  func oldText(_ utf8: [UInt8]) throws(PyTorchError) -> PickleValue {
    guard let text = String(validating: utf8, as: UTF8.self) else { return .opaque }
    try bytes.check(text)
    return .text(text)
  }

  /// Keys and values in turns.
  func paired(_ values: [PickleValue]) throws(PyTorchError) -> [PickleValue] {
    guard values.count.isMultiple(of: 2) else {
      throw bytes.malformed("expected a value for each key, found \(values.count) of both")
    }
    return values
  }

  /// Appends to the list on the stack.
  mutating func append(_ values: [PickleValue]) throws(PyTorchError) {
    try count(values.count)
    switch try top() {
    case .list(let list): pickle.containers[list].append(contentsOf: values)
    case .object, .opaque: break
    default: throw bytes.malformed("expected a list on the stack, found something else")
    }
  }

  /// Adds keys and values to the dictionary on the stack.
  mutating func setItems(_ values: [PickleValue]) throws(PyTorchError) {
    let values = try paired(values)
    try count(values.count)
    switch try top() {
    case .dictionary(let dictionary):
      pickle.containers[dictionary].append(contentsOf: values)
    case .object, .opaque: break
    default: throw bytes.malformed("expected a dictionary on the stack, found something else")
    }
  }
}
