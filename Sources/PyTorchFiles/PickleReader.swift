import Files
import Tensors

/// Runs a pickle as data: the machine's stack and memo hold values, and no global is ever called.
///
/// A shared value is a number, so a pickle cannot make more values than it has instructions, of which
/// it may have two for each of the ``ReadingLimits/values``; half as many may be on the stack, or in
/// the memo, at once.
struct PickleReader {
  static let mostUnknown = 1 << 12

  let limits: ReadingLimits
  var bytes: PickleBytes
  var pickle = Pickle()

  /// How many tuples, lists and dictionaries were made, and of how many elements.
  var elementCount = 0
  /// The first global that is not known.
  private var unknown: String?
  private var unknownCount = 0
  /// The first global that is not known and makes an object: the outermost one.
  var unknownObject: String?

  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// Reads the pickle at the start of `bytes`, whose end may lie behind it.
  ///
  /// `name` and `path` are for messages. Throws ``PyTorchError``.
  static func read(
    _ bytes: TensorBytes, path: String, name: String, limits: ReadingLimits
  ) throws(PyTorchError) -> Pickle {
    var reader = PickleReader(
      limits: limits, bytes: PickleBytes(bytes, path: path, pickle: name))
    return try reader.run()
  }

  private init(limits: ReadingLimits, bytes: PickleBytes) {
    self.limits = limits
    self.bytes = bytes
  }

  private mutating func run() throws(PyTorchError) -> Pickle {
    for count in 1...Int.max {
      try check(.values, count / 2)
      try check(.headerBytes, bytes.position)
      let byte = try bytes.u8()
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw bytes.malformed("expected an instruction, found \(byte)")
      }
      guard opcode != .stop else {
        pickle.root = try pop()
        if let unknown { throw .constructor(path: bytes.path, name: unknown.clipped) }
        pickle.byteCount = bytes.position
        return pickle
      }
      try execute(opcode)
    }
    preconditionFailure("a pickle without end")
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(PyTorchError) {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try bytes.u8()
      guard version <= 5 else {
        throw bytes.malformed("expected protocol 5 or below, found \(version)")
      }
    case .frame: _ = try bytes.integer(UInt64.self)

    case .mark: marks.append(stack.count)
    case .popMark: _ = try popToMark()
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .dup: try push(try top())

    case .none: try push(.none)
    case .newTrue: try push(.boolean(true))
    case .newFalse: try push(.boolean(false))
    case .int, .long: try push(try bytes.decimal().map { .integer($0) } ?? .opaque)
    case .binInt: try push(.integer(try bytes.integer(Int32.self)))
    case .binInt1: try push(.integer(try bytes.integer(UInt8.self)))
    case .binInt2: try push(.integer(try bytes.integer(UInt16.self)))
    case .long1: try push(long(try bytes.take(try bytes.integer(UInt8.self))))
    case .long4: try push(long(try bytes.take(try bytes.integer(Int32.self))))
    case .binFloat: try push(.real(try bytes.real()))

    case .binString: try push(try oldText(try bytes.take(try bytes.integer(Int32.self))))
    case .shortBinString: try push(try oldText(try bytes.take(try bytes.integer(UInt8.self))))
    case .shortBinUnicode: try push(.text(try bytes.text(try bytes.integer(UInt8.self))))
    case .binUnicode: try push(.text(try bytes.text(try bytes.integer(UInt32.self))))
    case .binUnicode8: try push(.text(try bytes.text(try bytes.integer(UInt64.self))))
    case .shortBinBytes: try pushBytes(try bytes.integer(UInt8.self))
    case .binBytes: try pushBytes(try bytes.integer(UInt32.self))
    case .binBytes8, .byteArray8: try pushBytes(try bytes.integer(UInt64.self))

    case .emptyTuple: try push(.tuple(try contain([])))
    case .tuple1: try push(.tuple(try contain(try pop(1))))
    case .tuple2: try push(.tuple(try contain(try pop(2))))
    case .tuple3: try push(.tuple(try contain(try pop(3))))
    case .tuple: try push(.tuple(try contain(try popToMark())))
    case .emptyList: try push(.list(try contain([])))
    case .list: try push(.list(try contain(try popToMark())))
    case .append: try append(try pop(1))
    case .appends: try append(try popToMark())
    case .emptyDict: try push(.dictionary(try contain([])))
    case .dict: try push(.dictionary(try contain(try paired(try popToMark()))))
    case .setItem: try setItems(try pop(2))
    case .setItems: try setItems(try popToMark())
    case .emptySet: try push(.opaque)
    case .frozenSet:
      _ = try popToMark()
      try push(.opaque)
    case .addItems:
      _ = try popToMark()
      guard case .opaque = try top() else { throw bytes.malformed("expected a set on the stack") }

    case .put: try memorize(try bytes.decimal() ?? -1)
    case .binPut: try memorize(try bytes.integer(UInt8.self))
    case .longBinPut: try memorize(try bytes.integer(UInt32.self))
    case .memoize: try memorize(memo.count)
    case .get: try recall(try bytes.decimal() ?? -1)
    case .binGet: try recall(try bytes.integer(UInt8.self))
    case .longBinGet: try recall(try bytes.integer(UInt32.self))

    case .global: try pushGlobal(module: try bytes.line(), name: try bytes.line())
    case .stackGlobal:
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw bytes.malformed("expected the names of a module and a global on the stack")
      }
      try pushGlobal(module: module, name: name)
    case .reduce:
      let values = try pop(2)
      try push(try construct(values[0], values[1]))
    case .newObj:
      let values = try pop(2)
      try push(try instantiate(values[0]))
    case .newObjEx:
      let values = try pop(3)
      try push(try instantiate(values[0]))
    case .build:
      let state = try pop()
      try build(try top(), state)
    case .inst:
      let (module, name) = (try bytes.line(), try bytes.line())
      throw .constructor(path: bytes.path, name: "\(module).\(name)".clipped)
    case .obj:
      guard case .global(.unknown(let name))? = try popToMark().first else {
        throw bytes.malformed("expected a class above the mark, found something else")
      }
      throw .constructor(path: bytes.path, name: name.clipped)
    case .binPersID: try push(try persistent(try pop()))
    }
  }
}

extension PickleReader {
  private mutating func push(_ value: PickleValue) throws(PyTorchError) {
    try check(.values, 2 * stack.count)
    stack.append(value)
  }

  /// Checks `found` against a limit of the pickle.
  func check(_ key: ReadingLimits.Key, _ found: Int) throws(PyTorchError) {
    do throws(FileError) {
      try limits.check(key, found, of: "pickle '\(bytes.pickle)'", in: bytes.path)
    } catch { throw .beyondLimit(error) }
  }

  private mutating func pushBytes(_ count: Int) throws(PyTorchError) {
    _ = try bytes.take(count)
    try push(.opaque)
  }

  private mutating func pushGlobal(module: String, name: String) throws(PyTorchError) {
    guard max(module.utf8.count, name.utf8.count) <= PickleBytes.longestLine else {
      throw bytes.malformed("expected names of at most \(PickleBytes.longestLine) bytes")
    }
    let global = PickleGlobal(module: module, name: name)
    if case .unknown(let name) = global {
      let first = unknown ?? name
      unknown = first
      unknownCount += 1
      guard unknownCount <= Self.mostUnknown else {
        throw .constructor(path: bytes.path, name: first.clipped)
      }
    }
    try push(.global(global))
  }

  /// The topmost value.
  func top() throws(PyTorchError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw bytes.malformed("expected a value on the stack, found none")
    }
    return value
  }

  private mutating func pop() throws(PyTorchError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// The topmost `count` values, the topmost last.
  private mutating func pop(_ count: Int) throws(PyTorchError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw bytes.malformed("expected \(count) values on the stack, found fewer")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  /// The values above the last mark, which goes with them.
  private mutating func popToMark() throws(PyTorchError) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw bytes.malformed("expected a mark on the stack, found none")
    }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func memorize(_ number: Int) throws(PyTorchError) {
    let value = try top()
    guard number >= 0 else {
      throw bytes.malformed("expected the number of a place in the memo, found none")
    }
    try check(.values, 2 * memo.count)
    memo[number] = value
  }

  private mutating func recall(_ number: Int) throws(PyTorchError) {
    guard let value = memo[number] else {
      throw bytes.malformed("expected a value in the memo at \(number), found none")
    }
    try push(value)
  }
}

extension String {
  /// At most the first 200 characters, for messages about names that a file gives.
  var clipped: String { count > 200 ? prefix(200) + "..." : self }
}
