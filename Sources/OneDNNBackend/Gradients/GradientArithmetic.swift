import Execution

/// What convolutions and their gradients are computed on.
public enum GradientArithmetic: String, Sendable, Hashable, CaseIterable {
  /// binary32.
  case float32
  /// Operands are rounded to bfloat16 as they are read, and products added up in binary32; what is
  /// handed out, kernels and gradients among it, stays binary32 (Kalamkar et al., *A Study of
  /// BFLOAT16 for Deep Learning Training*, 2019).
  case bfloat16

  /// Refuses bfloat16 on a processor without instructions for it.
  ///
  /// Throws `ExecutionError.unsupported`.
  func requireInstructions() throws {
    guard self == .bfloat16, !Processor.hasBFloat16 else { return }
    throw ExecutionError.unsupported(
      backend: OneDNNBackend.name, program: "gradients",
      reason: "bfloat16 training needs a processor with AVX512-BF16 or AMX")
  }
}
