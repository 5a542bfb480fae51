import Tensors

/// How two operands are repeated to one shape (ONNX, *Broadcasting in ONNX*).
///
/// Shapes are aligned at their last dimensions; an extent of 1, or none, is repeated. Dimensions
/// over which both operands advance alike are merged, so that elements come in long runs. Products
/// of extents may overflow where another extent is 0, and there are no runs.
struct Broadcast {
  /// The shape of the result.
  let shape: Shape
  /// How many consecutive elements of the result a run has.
  private let runLength: Int
  /// Whether an operand advances within a run, or stays at one element.
  private let advances: (left: Bool, right: Bool)
  /// The dimensions around the runs, innermost first.
  private let outer: [Dimension]

  private struct Dimension {
    var extent: Int
    var left: Int
    var right: Int
  }

  /// Throws ``OperatorFailure`` where neither of two extents is 1 and they are not equal, and for
  /// more elements than the suite takes.
  init(_ left: Shape, _ right: Shape) throws {
    let rank = max(left.rank, right.rank)
    func extent(_ shape: Shape, _ distance: Int) -> Int {
      distance < shape.rank ? shape[shape.rank - 1 - distance] : 1
    }
    var merged: [Dimension] = []
    var extents: [Int] = []
    var steps = (left: 1, right: 1)
    for distance in 0..<rank {
      let (first, second) = (extent(left, distance), extent(right, distance))
      guard first == second || first == 1 || second == 1 else {
        throw OperatorFailure.malformed(
          "shapes \(left) and \(right): expected equal extents, or 1, from the last on")
      }
      let dimension = Dimension(
        extent: first == 1 ? second : first, left: first == 1 ? 0 : steps.left,
        right: second == 1 ? 0 : steps.right)
      extents.append(dimension.extent)
      steps = (steps.left &* first, steps.right &* second)
      guard dimension.extent != 1 else { continue }
      if let inner = merged.last, inner.left &* inner.extent == dimension.left,
        inner.right &* inner.extent == dimension.right
      {
        merged[merged.count - 1].extent = inner.extent &* dimension.extent
      } else {
        merged.append(dimension)
      }
    }
    shape = try OperatorCall.shape(extents.reversed())
    let run = merged.first ?? Dimension(extent: 1, left: 1, right: 1)
    runLength = run.extent
    advances = (run.left != 0, run.right != 0)
    outer = Array(merged.dropFirst())
  }

  /// Calls `body` with the first element of the left operand, the right operand and the result for
  /// every run.
  @inline(__always)
  func forEachRun(_ body: (_ left: Int, _ right: Int, _ result: Int) -> Void) {
    var index = [Int](repeating: 0, count: outer.count)
    var (left, right, result) = (0, 0, 0)
    while result < shape.elementCount {
      body(left, right, result)
      result += runLength
      for position in outer.indices {
        index[position] += 1
        left += outer[position].left
        right += outer[position].right
        guard index[position] == outer[position].extent else { break }
        index[position] = 0
        left -= outer[position].left * outer[position].extent
        right -= outer[position].right * outer[position].extent
      }
    }
  }

  /// `function` of the elements of both operands.
  @inline(__always)
  func combine<Left: BitwiseCopyable, Right: BitwiseCopyable, Result: BitwiseCopyable>(
    _ left: [Left], _ right: [Right], _ function: (Left, Right) -> Result
  ) -> [Result] {
    unsafe [Result](unsafeUninitializedCapacity: shape.elementCount) { results, count in
      count = shape.elementCount
      let results = unsafe results
      unsafe left.withUnsafeBufferPointer { left in
        unsafe right.withUnsafeBufferPointer { right in
          forEachRun { x, y, result in
            if advances.left, advances.right {
              for i in 0..<runLength {
                unsafe results[result &+ i] = function(left[x &+ i], right[y &+ i])
              }
            } else if advances.left {
              let other = unsafe right[y]
              for i in 0..<runLength {
                unsafe results[result &+ i] = function(left[x &+ i], other)
              }
            } else {
              let other = unsafe left[x]
              for i in 0..<runLength {
                unsafe results[result &+ i] = function(other, right[y &+ i])
              }
            }
          }
        }
      }
    }
  }

  /// Folds every element of the left operand, which has the shape of the result, into the element
  /// of `totals` that is repeated over it.
  @inline(__always)
  func fold<Element: BitwiseCopyable, Total: BitwiseCopyable>(
    _ elements: [Element], into totals: inout [Total], _ function: (Total, Element) -> Total
  ) {
    unsafe totals.withUnsafeMutableBufferPointer { totals in
      let totals = unsafe totals
      unsafe elements.withUnsafeBufferPointer { elements in
        forEachRun { x, y, _ in
          if advances.right {
            for i in 0..<runLength {
              unsafe totals[y &+ i] = function(totals[y &+ i], elements[x &+ i])
            }
          } else {
            var total = unsafe totals[y]
            for i in 0..<runLength { total = unsafe function(total, elements[x &+ i]) }
            unsafe totals[y] = total
          }
        }
      }
    }
  }

  /// The left operand, repeated to the shape of the result.
  func expandLeft<Element: BitwiseCopyable>(_ elements: [Element]) -> [Element] {
    guard elements.count != shape.elementCount else { return elements }
    return unsafe [Element](unsafeUninitializedCapacity: shape.elementCount) { results, count in
      count = shape.elementCount
      let results = unsafe results
      unsafe elements.withUnsafeBufferPointer { elements in
        forEachRun { x, _, result in
          for i in 0..<runLength {
            unsafe results[result &+ i] = elements[advances.left ? x &+ i : x]
          }
        }
      }
    }
  }
}

extension Array where Element: BitwiseCopyable {
  /// `function` of every element.
  @inline(__always)
  func mapped<Result: BitwiseCopyable>(_ function: (Element) -> Result) -> [Result] {
    unsafe [Result](unsafeUninitializedCapacity: count) { results, initialized in
      initialized = count
      let results = unsafe results
      unsafe withUnsafeBufferPointer { elements in
        for i in 0..<elements.count { unsafe results[i] = function(elements[i]) }
      }
    }
  }
}

extension [Bool] {
  /// The elements of `left` where this is true, else those of `right`; all are equally many.
  func choose<Chosen: BitwiseCopyable>(_ left: [Chosen], _ right: [Chosen]) -> [Chosen] {
    precondition(left.count == count && right.count == count)
    return unsafe [Chosen](unsafeUninitializedCapacity: count) { results, initialized in
      initialized = count
      let results = unsafe results
      unsafe withUnsafeBufferPointer { choices in
        unsafe left.withUnsafeBufferPointer { left in
          unsafe right.withUnsafeBufferPointer { right in
            for i in 0..<choices.count { unsafe results[i] = choices[i] ? left[i] : right[i] }
          }
        }
      }
    }
  }
}
