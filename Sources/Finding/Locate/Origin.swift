/// Where a number's fault comes from, as far as the step that made it shows.
public enum Origin: String, Sendable, CaseIterable {
  /// What the step read was not finite.
  case input
  /// What it read was finite, and is not once it is rounded to what the step reads.
  case operand
  /// The sum itself is beyond binary32.
  case sum
  /// The sum is within binary32, and what holds the value does not hold it.
  case storage
  /// The sum is within what holds the value; a part of it, summed first, is not within binary32.
  case partialSum = "partial-sum"
  /// The step is no convolution, and makes it of finite numbers.
  case operation
  /// None of these: the backend computes something else than the sum.
  case backend

  /// Where the fault of a number comes from that `sum` should be, made of `inputs`, and held within
  /// `limits`.
  init(
    of fault: Location.Fault, _ inputs: [Location.Range], _ sum: ExactSum?,
    within limits: ClosedRange<Double>
  ) {
    let largest = Double(Float.greatestFiniteMagnitude)
    guard !inputs.contains(where: { $0.nonFiniteCount > 0 }) else {
      self = .input
      return
    }
    guard !inputs.contains(where: { $0.overflowCount > 0 }) else {
      self = .operand
      return
    }
    guard let sum else {
      self = .operation
      return
    }
    if abs(sum.value) > largest {
      self = .sum
    } else if fault == .underflow || !limits.contains(sum.value) {
      self = .storage
    } else if sum.magnitude > largest {
      self = .partialSum
    } else {
      // Sums in binary32 come as near to an end as rounding leaves them.
      let nearest = min(abs(sum.value - limits.lowerBound), abs(sum.value - limits.upperBound))
      self = fault == .saturation && nearest <= 0x1p-7 * abs(sum.value) ? .storage : .backend
    }
  }
}
