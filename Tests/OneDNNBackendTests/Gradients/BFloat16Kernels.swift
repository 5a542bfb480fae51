import Execution
import OneDNNBackend
import Testing

/// Kernels that compute on bfloat16 numbers, where the processor has instructions for them.
enum BFloat16Kernels {
  /// Nil where the processor has none, which must then be said.
  static func make(threads: Int) throws -> OneDNNGradientKernels? {
    do {
      return try OneDNNGradientKernels(threads: threads, arithmetic: .bfloat16)
    } catch ExecutionError.unsupported(let backend, _, let reason) {
      #expect(backend == "onednn")
      #expect(reason == "bfloat16 training needs a processor with AVX512-BF16 or AMX")
      return nil
    }
  }
}
