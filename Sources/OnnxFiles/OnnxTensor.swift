import COnnxSchema
import Files
import Tensors

/// A tensor of a parsed model, not yet checked. Mirrors `TensorProto`.
@safe struct OnnxTensor: @unchecked Sendable {  // the message is immutable after init
  /// The name that the file gives it; may be empty.
  let name: String

  private let tensor: UnsafeMutablePointer<Onnx__TensorProto>
  private let message: OnnxSource

  /// A tensor called `name`, which stays valid as long as `message`.
  init(name: String, _ tensor: UnsafeMutablePointer<Onnx__TensorProto>, of message: OnnxSource) {
    self.name = name
    unsafe self.tensor = unsafe tensor
    self.message = message
  }

  /// Checks all but the elements, which are read when they are asked for.
  ///
  /// Throws ``OnnxError/malformedTensor(path:tensor:reason:)`` or
  /// ``OnnxError/unsupportedTensor(path:tensor:reason:)``.
  func entry() throws(OnnxError) -> TensorArchive.Entry {
    let elementType = try elementType
    let shape = try shape
    let elements = try elements(elementType, shape)
    return TensorArchive.Entry(
      name: name, elementType: elementType, shape: shape, source: message.path
    ) {
      let bytes =
        switch elements {
        case .part(let file, let range): TensorBytes(of: file, in: range)
        case .list(let field): try bytes(field, elementType)
        }
      return try Tensor(elementType: elementType, shape: shape, bytes: bytes)
    }
  }

  private var elementType: ElementType {
    get throws(OnnxError) {
      guard unsafe tensor.pointee.has_data_type != 0 else {
        throw malformed("expected a data_type, found none")
      }
      let code = unsafe tensor.pointee.data_type
      let isText = code == ONNX__TENSOR_PROTO__DATA_TYPE__STRING.rawValue
      guard unsafe !isText || tensor.pointee.has_raw_data == 0 else {
        throw malformed("STRING elements cannot be in raw_data")
      }
      guard let elementType = ElementType(dataType: code) else {
        throw unsupported("data_type \(code)\(Self.nameOfDataType(code)) is not supported")
      }
      return elementType
    }
  }

  private var shape: Shape {
    get throws(OnnxError) {
      let rank = unsafe tensor.pointee.n_dims
      do throws(FileError) {
        try message.limits.check(.rank, rank, of: "tensor '\(name)'", in: message.path)
      } catch { throw .beyondLimit(error) }
      let dimensions = unsafe UnsafeBufferPointer(
        start: tensor.pointee.dims, count: tensor.pointee.n_dims
      ).map(Int.init)
      do throws(TensorError) {
        return try Shape(checking: dimensions)
      } catch { throw malformed(error.description) }
    }
  }

  /// Finds the elements, and checks that they fill `shape`.
  private func elements(
    _ elementType: ElementType, _ shape: Shape
  ) throws(OnnxError) -> Elements {
    guard unsafe tensor.pointee.segment == nil else {
      throw unsupported("a segment of a larger tensor is not supported")
    }
    let counts = counts
    let found = Field.allCases.filter { counts[$0] != nil }
    let names = found.map(\.rawValue).joined(separator: " and ")
    let location = unsafe tensor.pointee.data_location
    guard location != ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL else {
      guard found.isEmpty else { throw malformed("expected external data only, found \(names)") }
      return try externalElements(shape.elementCount * elementType.byteCount)
    }
    guard location == ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT else {
      throw malformed("data_location: expected 0 or 1, found \(location.rawValue)")
    }
    guard let field = found.first, let count = counts[field] else {
      guard shape.elementCount == 0 else {
        throw malformed("expected \(shape.elementCount) elements, found none")
      }
      return .part(message.file, 0..<0)
    }
    guard found.count == 1 else { throw malformed("expected one field of data, found \(names)") }
    guard field.canHold(elementType) else {
      throw malformed("\(elementType.rawValue) elements cannot be in \(field.rawValue)")
    }
    let expected = shape.elementCount * (field == .raw ? elementType.byteCount : 1)
    guard count == expected else {
      throw malformed(
        "\(elementType.rawValue) \(shape): expected \(expected) "
          + "\(field == .raw ? "bytes" : "elements") in \(field.rawValue), found \(count)")
    }
    return field == .raw ? .part(message.file, rawData) : .list(field)
  }

  /// Opens the file beside the model that holds the elements, `count` bytes.
  private func externalElements(_ count: Int) throws(OnnxError) -> Elements {
    let items = try unsafe message.list(
      tensor.pointee.external_data, tensor.pointee.n_external_data
    ) { (item) throws(OnnxError) in
      unsafe (try message.text(item.pointee.key), try message.text(item.pointee.value))
    }
    do {
      let place = try OnnxExternalData(items)
      let file = try message.dataFiles.file(place.location)
      return .part(file, try place.range(of: count, in: file.count))
    } catch let error as OnnxExternalData.Failure {
      throw malformed("external data: \(error.reason)")
    } catch let error as FileError {
      throw .externalFile(path: message.path, tensor: name, error)
    } catch { preconditionFailure("\(error)") }
  }

  /// Where the file holds `raw_data`; see ``OnnxSkeleton``.
  private var rawData: Range<Int> {
    unsafe OnnxSkeleton.range(
      UnsafeRawBufferPointer(
        start: tensor.pointee.raw_data.data, count: tensor.pointee.raw_data.len))
  }

  /// The fields of data that are present, and the number of their elements, or of raw bytes.
  private var counts: [Field: Int] {
    let lists: [Field: Int] = unsafe [
      .float: tensor.pointee.n_float_data, .int32: tensor.pointee.n_int32_data,
      .string: tensor.pointee.n_string_data, .int64: tensor.pointee.n_int64_data,
      .double: tensor.pointee.n_double_data, .uint64: tensor.pointee.n_uint64_data,
    ]
    var counts = lists.filter { $0.value > 0 }
    if unsafe tensor.pointee.has_raw_data != 0 {
      counts[.raw] = rawData.count
    }
    return counts
  }
}

extension OnnxTensor {
  /// The elements as little-endian bytes, out of the field that `field(_:_:)` found.
  private func bytes(_ field: Field, _ elementType: ElementType) throws(OnnxError) -> TensorBytes {
    let proto = unsafe tensor.pointee
    return switch field {
    case .float: try unsafe words(proto.float_data, proto.n_float_data) { $0.bitPattern }
    case .double: try unsafe words(proto.double_data, proto.n_double_data) { $0.bitPattern }
    case .int64: try unsafe words(proto.int64_data, proto.n_int64_data) { $0 }
    case .uint64:
      elementType == .uint32
        ? try unsafe words(proto.uint64_data, proto.n_uint64_data, UInt32.init(exactly:))
        : try unsafe words(proto.uint64_data, proto.n_uint64_data) { $0 }
    case .int32: try integers(elementType)
    case .raw, .string: preconditionFailure("\(field.rawValue) is no list of numbers")
    }
  }

  private func integers(_ elementType: ElementType) throws(OnnxError) -> TensorBytes {
    let start = unsafe tensor.pointee.int32_data
    let count = unsafe tensor.pointee.n_int32_data
    return switch elementType {
    case .bool: try unsafe words(start, count) { (0...1).contains($0) ? UInt8($0) : nil }
    case .int8: try unsafe words(start, count, Int8.init(exactly:))
    case .uint8: try unsafe words(start, count, UInt8.init(exactly:))
    case .int16: try unsafe words(start, count, Int16.init(exactly:))
    case .uint16, .float16, .bfloat16: try unsafe words(start, count, UInt16.init(exactly:))
    default: try unsafe words(start, count) { $0 }
    }
  }

  /// The bytes of every element after `convert`, which returns nil for one out of range.
  private func words<Source, Word: FixedWidthInteger & BitwiseCopyable>(
    _ start: UnsafeMutablePointer<Source>?, _ count: Int, _ convert: (Source) -> Word?
  ) throws(OnnxError) -> TensorBytes {
    let values = unsafe UnsafeBufferPointer(start: start, count: count)
    let size = MemoryLayout<Word>.size
    let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: count * size) {
      (bytes, filled) throws(OnnxError) in
      let bytes = UnsafeMutableRawBufferPointer(bytes)
      for index in values.indices {
        let value = unsafe values[index]
        guard let word = convert(value) else {
          throw malformed("element \(index): value \(value) is out of range")
        }
        unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: index * size, as: Word.self)
        filled += size
      }
    }
    return TensorBytes(bytes)
  }

  private func malformed(_ reason: String) -> OnnxError {
    .malformedTensor(path: message.path, tensor: name, reason: reason)
  }

  private func unsupported(_ reason: String) -> OnnxError {
    .unsupportedTensor(path: message.path, tensor: name, reason: reason)
  }

  /// The name of a `TensorProto.DataType` in parentheses; empty for an unknown one.
  private static func nameOfDataType(_ code: Int32) -> String {
    unsafe withUnsafePointer(to: onnx__tensor_proto__data_type__descriptor) { types in
      unsafe protobuf_c_enum_descriptor_get_value(types, code).map {
        unsafe " (\(String(cString: $0.pointee.name)))"
      } ?? ""
    }
  }
}

/// Where the elements of a tensor are.
private enum Elements: Sendable {
  /// In a part of a file, as the suite stores them.
  case part(FileBytes, Range<Int>)
  /// In a list of numbers of the message.
  case list(Field)
}

/// The fields that the elements of a tensor can be in; the raw values are the names of the schema.
private enum Field: String, CaseIterable {
  case raw = "raw_data"
  case float = "float_data"
  case int32 = "int32_data"
  case string = "string_data"
  case int64 = "int64_data"
  case double = "double_data"
  case uint64 = "uint64_data"

  func canHold(_ elementType: ElementType) -> Bool {
    switch self {
    case .raw: true
    case .string: false
    case .float: elementType == .float32
    case .double: elementType == .float64
    case .int64: elementType == .int64
    case .uint64: elementType == .uint64 || elementType == .uint32
    case .int32:
      switch elementType {
      case .bool, .int8, .uint8, .int16, .uint16, .int32, .float16, .bfloat16: true
      case .uint32, .int64, .uint64, .float32, .float64: false
      }
    }
  }
}
