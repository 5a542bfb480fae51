import Files
import Tensors

/// Names the tensors of a pickle by their paths, in the order of the file.
///
/// A pickle may hold one container in many places, which multiplies on the way down, or in itself;
/// the limits bound what is visited more than once, how deep and under what names.
struct Flattening {
  static let mostRepetitions = 1 << 18
  static let mostNameBytes = 1 << 26
  static let longestMetadata = 256

  private let object: Pickle
  private let storages: Storages
  private let path: String
  private let limits: ReadingLimits
  private var entries: [TensorArchive.Entry] = []
  private var unreadable: [String: any DiagnosticError] = [:]
  private var metadata: [String: String] = [:]
  private var entered: Set<Int> = []
  private var repetitions = 0
  private var nameBytes = 0

  init(of object: Pickle, in storages: Storages, path: String, limits: ReadingLimits) {
    self.limits = limits
    self.object = object
    self.storages = storages
    self.path = path
  }

  /// Every tensor of the object.
  ///
  /// Throws ``PyTorchError`` or `TensorError`.
  consuming func archive() throws -> TensorArchive {
    if case .dictionary(let dictionary) = object.root {
      collectMetadata(object.containers[dictionary])
    }
    try visit(object.root, name: nil, depth: 0)
    if let entry = entries.first(where: { unreadable[$0.name] != nil }) {
      throw TensorError.duplicateName(entry.name, source: path)
    }
    return try TensorArchive(entries, metadata: metadata, unreadable: unreadable)
  }

  private mutating func collectMetadata(_ items: [PickleValue]) {
    for index in stride(from: 0, to: items.count, by: 2) {
      guard case .text(let key) = items[index], key.utf8.count <= Self.longestMetadata else {
        continue
      }
      switch items[index + 1] {
      case .integer(let value): metadata[key] = "\(value)"
      case .real(let value): metadata[key] = "\(value)"
      case .text(let value) where value.utf8.count <= Self.longestMetadata: metadata[key] = value
      default: break
      }
    }
  }

  private mutating func visit(_ value: PickleValue, name: String?, depth: Int) throws {
    switch value {
    case .list(let list), .tuple(let list):
      try enter(list, depth: depth)
      for (index, value) in object.containers[list].enumerated() where value.isVisited {
        try visit(value, name: try joined(name, "\(index)"), depth: depth + 1)
      }
    case .dictionary(let dictionary):
      try enter(dictionary, depth: depth)
      let items = object.containers[dictionary]
      for index in stride(from: 0, to: items.count, by: 2) where items[index + 1].isVisited {
        let key: String
        switch items[index] {
        case .text(let text): key = text
        case .integer(let integer): key = "\(integer)"
        default: throw malformed(name, "expected texts and integers as keys, found another")
        }
        try visit(items[index + 1], name: try joined(name, key), depth: depth + 1)
      }
    case .tensor(let tensor): try add(object.tensors[tensor], name: name ?? fileName)
    case .storage: try add(unreadable: "a bare storage", name: name ?? fileName)
    case .unreadable(let kind): try add(unreadable: kind, name: name ?? fileName)
    default: break
    }
  }

  private mutating func enter(_ container: Int, depth: Int) throws(PyTorchError) {
    if !entered.insert(container).inserted {
      repetitions += 1 + object.containers[container].count
    }
    try check(.depth, depth + 1)
    guard repetitions <= Self.mostRepetitions else {
      throw malformed(nil, "expected at most \(Self.mostRepetitions) values in shared containers")
    }
  }

  private mutating func add(_ tensor: PickledTensor, name: String) throws {
    try count(name)
    let view: StridedView
    do throws(StridedView.Failure) {
      view = try StridedView(
        tensor, of: object, byteCount: storages.byteCount(of: object.storages[tensor.storage].key))
    } catch {
      switch error {
      case .malformed(let reason): throw malformed(name, reason)
      case .tooLarge(let found): return try add(unreadable: found, name: name)
      }
    }
    entries.append(
      TensorArchive.Entry(
        name: name, elementType: view.elementType, shape: view.shape, source: path
      ) { [storages] in
        try view.tensor(
          view.range.isEmpty
            ? TensorBytes([]) : try storages.bytes(of: view.key, in: view.range),
          isBigEndian: storages.isBigEndian)
      })
  }

  private mutating func add(unreadable kind: String, name: String) throws {
    try count(name)
    let error = PyTorchError.unreadableTensor(path: path, tensor: name, found: kind)
    guard unreadable.updateValue(error, forKey: name) == nil else {
      throw TensorError.duplicateName(name, source: path)
    }
  }

  private mutating func count(_ name: String) throws(PyTorchError) {
    nameBytes += name.utf8.count
    try check(.tensors, entries.count + unreadable.count + 1)
    guard nameBytes <= Self.mostNameBytes else {
      throw malformed(name, "expected at most \(Self.mostNameBytes) bytes of names")
    }
  }

  private func check(_ key: ReadingLimits.Key, _ found: Int) throws(PyTorchError) {
    do throws(FileError) {
      try limits.check(key, found, of: "pickle", in: path)
    } catch { throw .beyondLimit(error) }
  }

  private func joined(_ name: String?, _ key: String) throws(PyTorchError) -> String {
    try check(.nameBytes, (name.map { $0.utf8.count + 1 } ?? 0) + key.utf8.count)
    return name.map { "\($0).\(key)" } ?? key
  }

  private func malformed(_ name: String?, _ reason: String) -> PyTorchError {
    .malformedTensor(path: path, tensor: name?.clipped ?? "", reason: reason)
  }

  /// What a tensor without a name is called.
  private var fileName: String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
  }
}

extension PickleValue {
  /// Whether the value is or may hold a tensor.
  fileprivate var isVisited: Bool {
    switch self {
    case .list, .tuple, .dictionary, .storage, .tensor, .unreadable: true
    default: false
    }
  }
}
