import Tensors

/// A function or class that a pickle names. None is ever called: each stands for what is read here.
enum PickleGlobal {
  /// `collections.OrderedDict`
  case orderedDictionary
  /// Makes a tensor of (storage, offset, sizes, strides, ...).
  case tensor
  /// Makes a tensor of (storage, offset, sizes, strides, _, _, type, ...).
  case typedTensor
  /// Makes a parameter of (tensor, ...).
  case parameter
  /// Makes an instance of a class that extends tensors, of (function, class, arguments, state).
  case subclass
  /// Makes a tensor of a kind that is not read, in words.
  case unreadable(String)
  /// Makes something that holds no tensors, or is nothing but a name.
  case opaque
  case storage(StorageKind)
  /// A type of elements; nil if the suite does not have it.
  case elementType(String, ElementType?)
  /// Any other function or class, by its name.
  case unknown(String)

  /// The global `name` of `module`.
  init(module: String, name: String) {
    let name = "\(module).\(name)"
    self = Self.known[name] ?? .unknown(name)
  }

  private static let known: [String: PickleGlobal] = {
    var known: [String: PickleGlobal] = [
      "collections.OrderedDict": .orderedDictionary,
      "torch._utils._rebuild_tensor": .tensor,
      "torch._utils._rebuild_tensor_v2": .tensor,
      "torch._utils._rebuild_tensor_v3": .typedTensor,
      "torch._utils._rebuild_parameter": .parameter,
      "torch._utils._rebuild_parameter_with_state": .parameter,
      "torch._tensor._rebuild_from_type_v2": .subclass,
      "torch._utils._rebuild_qtensor": .unreadable("a quantized tensor"),
      "torch._utils._rebuild_sparse_tensor": .unreadable("a sparse tensor"),
      "torch._utils._rebuild_sparse_csr_tensor": .unreadable("a sparse tensor"),
      "torch._utils._rebuild_nested_tensor": .unreadable("a nested tensor"),
      "torch._utils._rebuild_meta_tensor_no_storage": .unreadable("a meta tensor without elements"),
      "numpy.core.multiarray._reconstruct": .unreadable("an array of NumPy"),
      "numpy._core.multiarray._reconstruct": .unreadable("an array of NumPy"),
    ]
    for name in withoutTensors { known[name] = .opaque }
    for (name, kind) in StorageKind.all { known["torch.\(name)"] = .storage(kind) }
    for (name, type) in elementTypes { known["torch.\(name)"] = .elementType(name, type) }
    return known
  }()

  private static let withoutTensors =
    [
      "_codecs.encode", "argparse.Namespace", "collections.Counter", "numpy.core.multiarray.scalar",
      "numpy._core.multiarray.scalar", "numpy.dtype", "numpy.ndarray", "torch.Size", "torch.Tensor",
      "torch.device", "torch.nn.parameter.Buffer", "torch.nn.parameter.Parameter",
      "torch.per_channel_affine", "torch.per_channel_affine_float_qparams",
      "torch.per_tensor_affine",
      "torch.serialization._get_layout",
    ] + ["bytearray", "complex", "set"].flatMap { ["builtins.\($0)", "__builtin__.\($0)"] }

  private static let elementTypes: [String: ElementType?] = [
    "float32": .float32, "float64": .float64, "float16": .float16, "bfloat16": .bfloat16,
    "int8": .int8, "int16": .int16, "int32": .int32, "int64": .int64, "uint8": .uint8,
    "uint16": .uint16, "uint32": .uint32, "uint64": .uint64, "bool": .bool, "complex32": nil,
    "complex64": nil, "complex128": nil, "float8_e4m3fn": nil, "float8_e4m3fnuz": nil,
    "float8_e5m2": nil, "float8_e5m2fnuz": nil, "float8_e8m0fnu": nil, "float4_e2m1fn_x2": nil,
    "qint8": nil, "quint8": nil, "qint32": nil, "quint4x2": nil, "quint2x4": nil,
  ]
}
