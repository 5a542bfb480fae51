import COnnxSchema
import Files
import Tensors

/// Owns one parsed tensor. Wraps `onnx__tensor_proto__unpack` and
/// `onnx__tensor_proto__free_unpacked`.
@safe final class OnnxTensorMessage: OnnxSource, @unchecked Sendable {  // immutable after init
  private let tensor: UnsafeMutablePointer<Onnx__TensorProto>

  /// Checks and parses the whole of `file`. Throws ``OnnxError``.
  init(parsing file: FileBytes, limits: ReadingLimits) throws(OnnxError) {
    let skeleton = try unsafe Self.skeleton(
      of: file, onnx__tensor_proto__descriptor, limits: limits)
    let unpacked = unsafe skeleton.withUnsafeBufferPointer { buffer in
      unsafe onnx__tensor_proto__unpack(nil, buffer.count, buffer.baseAddress)
    }
    guard let unpacked = unsafe unpacked else { throw .refusedMessage(path: file.path) }
    unsafe tensor = unpacked
    super.init(file, limits: limits)
  }

  deinit { unsafe onnx__tensor_proto__free_unpacked(tensor, nil) }

  /// The tensor, under the name that the file gives it. Throws ``OnnxError``.
  func entry() throws(OnnxError) -> TensorArchive.Entry {
    try unsafe OnnxTensor(name: try text(tensor.pointee.name), tensor, of: self).entry()
  }
}
