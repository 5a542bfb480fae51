import Tensors

/// A number that a window looks for the largest of.
protocol Ranked: BitwiseCopyable, Sendable, SendableMetatype, ExpressibleByIntegerLiteral {
  /// Whether the number takes the place of `other` as the largest; NaN is above all.
  func surpasses(_ other: Self) -> Bool
}

extension Float: Ranked {
  func surpasses(_ other: Float) -> Bool { self > other || (isNaN && !other.isNaN) }
}

extension Double: Ranked {
  func surpasses(_ other: Double) -> Bool { self > other || (isNaN && !other.isNaN) }
}

extension Int64: Ranked {
  func surpasses(_ other: Int64) -> Bool { self > other }
}

/// The largest element under each window of `planes` planes; `lowest` where it lies in the padding
/// entirely.
func largest<Element: Ranked>(
  _ x: [Element], planes: Int, _ windows: Windows, lowest: Element
) -> [Element] {
  let (inputPlane, plane) = (windows.inputCount, windows.outputCount)
  let step = windows.width.stride
  return fill(planes: planes, of: plane, threads: Threads.count) { part, best in
    unsafe best.withUnsafeMutableBufferPointer { best in
      unsafe best.update(repeating: lowest)
      unsafe x.withUnsafeBufferPointer { x in
        windows.forEachTap { tap in
          windows.forEachRun(tap, rows: windows.rows) { element, place, count in
            let element = part * inputPlane + element
            for index in 0..<count {
              let (candidate, current) = unsafe (x[element + index * step], best[place + index])
              unsafe best[place + index] = candidate.surpasses(current) ? candidate : current
            }
          }
        }
      }
    }
  }
}

/// Where the first largest element under each window stands in its plane; -1 where the window lies
/// in the padding entirely.
func placesOfLargest<Element: Ranked>(
  _ x: [Element], planes: Int, _ windows: Windows
) -> [Int64] {
  let (inputPlane, plane) = (windows.inputCount, windows.outputCount)
  let step = windows.width.stride
  return fill(planes: planes, of: plane, threads: Threads.count) { part, best in
    for index in 0..<plane { best[index] = -1 }
    let start = part * inputPlane
    windows.forEachTap { tap in
      windows.forEachRun(tap, rows: windows.rows) { element, place, count in
        for index in 0..<count {
          let (candidate, current) = (element + index * step, Int(best[place + index]))
          if current < 0 || x[start + candidate].surpasses(x[start + current]) {
            best[place + index] = Int64(candidate)
          }
        }
      }
    }
  }
}

/// The sums of what `term` makes of the elements under each window of `planes` planes.
@inline(__always)
func windowSums(
  _ x: [Double], planes: Int, _ windows: Windows, term: @Sendable (Double) -> Double
) -> [Double] {
  let (inputPlane, plane) = (windows.inputCount, windows.outputCount)
  let step = windows.width.stride
  return fill(planes: planes, of: plane, threads: Threads.count) { part, sums in
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe x.withUnsafeBufferPointer { x in
        windows.forEachTap { tap in
          windows.forEachRun(tap, rows: windows.rows) { element, place, count in
            let element = part * inputPlane + element
            for index in 0..<count {
              unsafe sums[place + index] += unsafe term(x[element + index * step])
            }
          }
        }
      }
    }
  }
}

extension Windows {
  /// How many elements lie under the window at each place, with those of the padding or without.
  func elementCounts(withPadding: Bool) -> [Double] {
    let counts = [depth, height, width].map { axis in
      let range =
        withPadding ? -axis.padBefore..<axis.input + axis.padAfter : 0..<axis.input
      return (0..<axis.output).map { Double(axis.tapCount($0, on: range)) }
    }
    var result: [Double] = []
    result.reserveCapacity(outputCount)
    for z in counts[0] {
      for y in counts[1] {
        for x in counts[2] { result.append(z * y * x) }
      }
    }
    return result
  }
}
