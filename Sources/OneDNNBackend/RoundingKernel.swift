import Quantization
import Tensors

/// Rounds binary32 numbers, in their place, to what another format can hold.
struct RoundingKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  let overwritesLastInput = true
  private let storage: Storage
  var output: MemoryDescriptor { inputs[0] }

  /// Rounding of numbers laid out like this to the format of `storage`.
  init(_ layout: MemoryDescriptor, to storage: Storage) {
    inputs = [layout]
    self.storage = storage
  }

  func run(_ operands: StepOperands) {
    let count = output.byteCount / MemoryLayout<Float>.size
    let start = unsafe operands.output.assumingMemoryBound(to: Float.self)
    let chunk = 1 << 14
    let isBFloat16 = storage == .bfloat16
    Team.forEach((count + chunk - 1) / chunk) { part in
      let elements = unsafe UnsafeMutableBufferPointer(
        start: start + part * chunk, count: min(chunk, count - part * chunk))
      if isBFloat16 {
        for index in elements.indices {
          unsafe elements[index] = unsafe elements[index].roundedToBFloat16
        }
      } else {
        for index in elements.indices {
          unsafe elements[index] = unsafe elements[index].roundedToFloat16
        }
      }
    }
  }
}
