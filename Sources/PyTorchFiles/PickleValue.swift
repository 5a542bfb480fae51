import Tensors

/// A value of a pickle.
///
/// Values of values are numbers of ``Pickle/containers``, ``Pickle/storages`` or ``Pickle/tensors``:
/// whatever the pickle nests or shares, memory stays flat and is freed without recursion.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer of more than 8 bytes, little-endian in two's complement.
  case large([UInt8])
  case real(Double)
  case text(String)
  case tuple(Int)
  case list(Int)
  /// Keys and values in turns.
  case dictionary(Int)
  indirect case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
  /// A tensor of a kind that is not read, in words.
  case unreadable(String)
  /// What a global that is not known would have made.
  case object
  /// Something known that holds no tensors.
  case opaque
}

/// What one pickle holds.
struct Pickle {
  /// The value that the others hang on.
  var root = PickleValue.none
  /// The elements of tuples, lists and dictionaries.
  var containers: [[PickleValue]] = []
  /// The storages that the pickle refers to.
  var storages: [PickledStorage] = []
  /// The tensors that the pickle makes.
  var tensors: [PickledTensor] = []
  /// How many bytes it has.
  var byteCount = 0

  /// The integers in the container `number`.
  func integers(in number: Int) -> [Int] {
    containers[number].compactMap { if case .integer(let integer) = $0 { integer } else { nil } }
  }
}

/// A row of elements that the file holds outside the pickle.
struct PickledStorage: Sendable {
  /// The class, which decides the type of the elements.
  let kind: StorageKind
  let key: String
  /// The number of elements that the file holds; `count * kind.byteCount` is an `Int`.
  let count: Int
  /// The elements that the tensors count from: a part of them in some streams.
  let window: Range<Int>
}

/// A tensor as the pickle says, unchecked.
struct PickledTensor {
  /// The number of its storage.
  let storage: Int
  let elementType: ElementType
  /// Counted in elements of `elementType`, like the strides.
  let offset: Int
  /// The numbers of the containers that hold the sizes and the strides, integers that stay.
  let sizes: Int, strides: Int
}

/// A class of storages.
struct StorageKind: Sendable, Equatable {
  /// What its elements are called in messages.
  let name: String
  /// The type of the elements; nil if the suite does not have it.
  let elementType: ElementType?
  /// The size of an element.
  let byteCount: Int

  /// The classes by name, without `torch.`.
  static let all: [String: StorageKind] = {
    let types: [String: ElementType] = [
      "Float": .float32, "Double": .float64, "Half": .float16, "BFloat16": .bfloat16,
      "Char": .int8, "Byte": .uint8, "Short": .int16, "Int": .int32, "Long": .int64, "Bool": .bool,
    ]
    let others = [
      "ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1,
      "QUInt2x4": 1,
    ]
    var kinds = [
      "storage.UntypedStorage": StorageKind(name: "untyped", elementType: nil, byteCount: 1)
    ]
    for (name, type) in types {
      kinds[name + "Storage"] = StorageKind(
        name: name, elementType: type, byteCount: type.byteCount)
    }
    for (name, count) in others {
      kinds[name + "Storage"] = StorageKind(name: name, elementType: nil, byteCount: count)
    }
    return kinds
  }()
}
