import Networks
import Quantization

extension Program {
  /// The precisions of 16 bits that `plan` rounds values to, by value: the one that it holds them
  /// in, and those that convolutions and memory reads take them in.
  ///
  /// A sum that a fused ReLU or residual follows is never held, so it is not among them; nor is an
  /// image, which is normalized before it is rounded.
  func roundings(in plan: PrecisionPlan) -> [String: Set<Precision>] {
    var roundings = heldPrecisions(in: plan).mapValues { Set([$0]) }
    for step in steps {
      let operands: Precision? =
        switch (step.operation, plan[step]) {
        case (.convolution, .float16), (.memoryRead, .float16): .float16
        case (.convolution, .bfloat16), (.memoryRead, .bfloat16), (.memoryRead, .int8): .bfloat16
        default: nil
        }
      guard let operands else { continue }
      for input in step.inputs.dropFirst(step.readsImages ? 1 : 0) {
        roundings[input, default: []].insert(operands)
      }
    }
    return roundings.compactMapValues { precisions in
      let half = precisions.intersection([.float16, .bfloat16])
      return half.isEmpty ? nil : half
    }
  }

  /// The layers with a precision of their own that make `value` or read it.
  func layers(around value: String) -> Set<String> {
    var maker = step(value)
    while let step = maker, !step.hasOwnPrecision { maker = self.step(step.inputs[0]) }
    let readers = steps.filter { $0.hasOwnPrecision && $0.inputs.contains(value) }
    return Set(([maker].compactMap(\.self) + readers).map(\.layer))
  }
}
