import Quantization
import Tensors
import Tuning
import Verification

/// The faults of one value.
struct ValueScan {
  /// A fault with the numbers that have it.
  struct Hit {
    let fault: Location.Fault
    let count: Int
    /// The first, row-major.
    let first: Int
    /// How many channels hold one.
    let channels: Int
  }

  private(set) var hits: [Hit] = []
  private let value: FloatTensor

  /// Looks for `search` in `value`, `[N, C, H, W]`, which is held as `storage`; `reference` holds as
  /// many numbers or one object's.
  init(
    _ search: Location.Search, in value: FloatTensor, heldAs storage: Storage,
    beside reference: FloatTensor?
  ) {
    self.value = value
    switch search {
    case .nonFinite:
      guard !value.isFinite else { return }
      find(.infinity) { $0.isInfinite }
      find(.notANumber) { $0.isNaN }
    case .overflow(let precision, let share):
      if let precision {
        findRounding(to: precision, share)
      } else {
        findHeld(storage, reference, share)
      }
    }
  }

  /// What rounding the numbers to 16 bits does.
  private mutating func findRounding(to precision: Precision, _ share: Double) {
    var counts = RoundingCounts(to: precision)
    counts.include(value.values.span)
    let storage: Storage = precision == .float16 ? .float16 : .bfloat16
    if counts.overflowCount + counts.nonFiniteCount > 0 {
      find(.overflow) { !storage.rounded($0).isFinite }
    }
    if Double(counts.underflowCount) > share * Double(counts.count - counts.zeroCount) {
      find(.underflow) { $0 != 0 && storage.rounded($0) == 0 }
    }
  }

  /// What holding them has done.
  private mutating func findHeld(
    _ storage: Storage, _ reference: FloatTensor?, _ share: Double
  ) {
    if !value.isFinite { find(.overflow) { !$0.isFinite } }
    switch storage {
    case .float32: return
    case .float16, .bfloat16:
      guard let reference else { return }
      let nonZero = reference.values.count { $0 != 0 } * value.values.count
      find(.underflow, beside: reference, above: share * Double(nonZero / reference.values.count)) {
        $0 == 0 && $1 != 0 && storage.rounded($1) == 0
      }
    case .quantized(let quantization):
      let saturation = Saturation(of: quantization)
      let least = share * Double(value.values.count)
      guard let reference else {
        // An end that stands for 0 is where a ReLU leaves half of all numbers.
        return find(.saturation, above: least) { $0 != 0 && saturation.isAtEnd($0) }
      }
      find(.saturation, beside: reference, above: least) { saturation.holds($0, beside: $1) }
    }
  }

  private mutating func find(
    _ fault: Location.Fault, above least: Double = 0, where isFaulty: (Float) -> Bool
  ) {
    find(fault, beside: value, above: least) { number, _ in isFaulty(number) }
  }

  private mutating func find(
    _ fault: Location.Fault, beside reference: FloatTensor, above least: Double,
    where isFaulty: (Float, Float) -> Bool
  ) {
    let value = value
    let (own, other) = (value.values.span, reference.values.span)
    let (plane, channelCount) = (value.shape[2] * value.shape[3], value.shape[1])
    var channels: Set<Int> = []
    var (count, first) = (0, own.count)
    for part in 0..<own.count / max(plane, 1) {
      let start = part * plane
      let beside = start % other.count
      var found = 0
      for index in 0..<plane where isFaulty(own[start + index], other[beside + index]) {
        found += 1
        first = min(first, start + index)
      }
      if found > 0 { channels.insert(part % channelCount) }
      count += found
    }
    guard count > 0, Double(count) > least else { return }
    hits.append(Hit(fault: fault, count: count, first: first, channels: channels.count))
  }
}

extension FloatTensor {
  /// Whether no element is infinite or not a number.
  var isFinite: Bool {
    let span = values.span
    var rest = SIMD16<Float>.zero
    for index in stride(from: 0, to: span.count, by: 16) {
      let part = span.vector(at: index, count: span.count - index)
      rest += part - part
    }
    return rest.sum() == 0
  }
}
