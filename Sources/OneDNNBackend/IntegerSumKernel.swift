import COneDNN
import Execution
import Quantization

extension UpsamplingKernel {
  /// The formula of `IntegerSum` for an upsampling and at most one other term, which is held in
  /// the type of the result.
  ///
  /// All is held channels last in 8-bit integers; `addend` is how the other term is laid out.
  init(
    _ sum: IntegerSum, _ input: MemoryDescriptor, to output: MemoryDescriptor,
    addend: MemoryDescriptor?, on engine: Engine
  ) throws(LibraryFailure) {
    var operations: [PostOperation] = [.linear(alpha: sum.factors[0], beta: sum.offset)]
    if let addend {
      operations.append(.sum(scale: sum.factors[1], zeroPoint: 0, type: addend.type))
    }
    try self.init(input, to: output, operations, addend: addend, on: engine)
  }
}

/// The formula of `IntegerSum` in a loop, for what oneDNN has no kernel for.
struct IntegerSumKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  private let sum: IntegerSum
  private let factor: Int

  /// A sum of 8-bit integers and binary32 numbers, all channels last, of which the first are
  /// upsampled by `factor`.
  init(_ sum: IntegerSum, of terms: [MemoryDescriptor], upsampling factor: Int = 1)
    throws(LibraryFailure)
  {
    inputs = terms
    output = try terms[0].resized(terms[0].dimensions[2...].map { factor * $0 })
      .with(sum.output.elementType.oneDNN)
    self.sum = sum
    self.factor = factor
  }

  func run(_ operands: StepOperands) {
    let (factors, offset, target) = (sum.factors, sum.offset, sum.output)
    let (channels, height, width) = (
      output.dimensions[1], output.dimensions[2], output.dimensions[3]
    )
    let types = inputs.map(\.type)
    let (rows, columns) = (
      SamplePoint.upsampled(height / factor, by: factor),
      SamplePoint.upsampled(width / factor, by: factor)
    )
    func number(_ term: Int, _ index: Int) -> Float {
      let start = unsafe operands.inputs[term]
      switch types[term] {
      case dnnl_u8: return unsafe Float(start.load(fromByteOffset: index, as: UInt8.self))
      case dnnl_s8: return unsafe Float(start.load(fromByteOffset: index, as: Int8.self))
      default: return unsafe start.assumingMemoryBound(to: Float.self)[index]
      }
    }
    Team.forEach(height) { y in
      let row = rows[y]
      for x in 0..<width {
        let column = columns[x]
        for channel in 0..<channels {
          func first(_ y: Int, _ x: Int) -> Float {
            number(0, (y * width / factor + x) * channels + channel)
          }
          let t = row.between(
            column.between(first(row.low, column.low), first(row.low, column.high)),
            column.between(first(row.high, column.low), first(row.high, column.high)))
          let index = (y * width + x) * channels + channel
          var sum = offset.addingProduct(t, factors[0])
          for term in 1..<factors.count { sum.addProduct(number(term, index), factors[term]) }
          let integer = target.clamp(sum.rounded(.toNearestOrEven))
          unsafe operands.output.storeBytes(
            of: UInt8(truncatingIfNeeded: integer), toByteOffset: index, as: UInt8.self)
        }
      }
    }
  }
}
