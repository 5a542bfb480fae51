import Tensors

/// The extents of a convolution of `[images, channels, spatial...]` to `[images, outputs, ...]`.
struct ConvolutionExtents: Sendable {
  let images: Int
  let channels: Int
  let outputs: Int
  let groups: Int
  let windows: Windows
}

/// The sums of a convolution, row-major: cross-correlation of `x` with `weight`
/// `[O, C / groups, kernel...]`.
///
/// For a few rows of the result at a time, the elements under one tap are put in line, and then
/// added to those rows of several output channels, each times its weight. Every sum is made in the
/// order of the channels and taps.
func convolutionSums<Element: Factor>(
  _ x: [Element], _ weight: [Element], _ extents: ConvolutionExtents
) -> [Element.Sum] {
  let windows = extents.windows
  let (inputPlane, plane) = (windows.inputCount, windows.outputCount)
  let (channels, outputs) = (
    extents.channels / extents.groups, extents.outputs / extents.groups
  )
  let share = extents.images * extents.outputs / (2 * Threads.count)
  let block = Threads.block(of: outputs, most: min(32, share))
  let rowsAtOnce = max(1, 512 / max(1, windows.width.output))
  let (tapCount, step) = (windows.tapCount, windows.width.stride)
  return fill(
    planes: extents.images * extents.outputs / block, of: block * plane, threads: Threads.count
  ) { part, sums in
    guard plane > 0 else { return }
    let image = part * block / extents.outputs
    let first = part * block % extents.outputs
    let start = (image * extents.channels + first / outputs * channels) * inputPlane
    var line = [Element](repeating: 0, count: rowsAtOnce * windows.width.output)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe line.withUnsafeMutableBufferPointer { line in
          guard let sums = sums.baseAddress, let line = line.baseAddress else {
            return
          }
          for row in stride(from: 0, to: windows.rows.count, by: rowsAtOnce) {
            let rows = row..<min(row + rowsAtOnce, windows.rows.count)
            let (origin, count) = (
              row * windows.width.output, rows.count * windows.width.output
            )
            for channel in 0..<channels {
              let input = start + channel * inputPlane
              windows.forEachTap { tap in
                unsafe line.update(repeating: 0, count: count)
                windows.forEachRun(tap, rows: rows) { element, place, count in
                  let (element, place) = (input + element, place - origin)
                  for index in 0..<count {
                    unsafe line[place + index] = unsafe x[element + index * step]
                  }
                }
                for output in 0..<block {
                  let factor = weight[
                    ((first + output) * channels + channel) * tapCount + tap.index]
                  unsafe Element.accumulate(
                    sums + output * plane + origin, line, times: factor, count: count)
                }
              }
            }
          }
        }
      }
    }
  }
}

/// The sums of a transposed convolution, row-major, with `weight` `[C, O / groups, kernel...]`.
///
/// `extents.windows` slides over the result: its places are the elements of `x`, and what it calls
/// elements are those of the result. Every element of `x` adds to all that lie under the window at
/// its place.
func transposedConvolutionSums<Element: Factor>(
  _ x: [Element], _ weight: [Element], _ extents: ConvolutionExtents
) -> [Element.Sum] {
  let windows = extents.windows
  let (plane, inputPlane) = (windows.inputCount, windows.outputCount)
  let (channels, outputs) = (
    extents.channels / extents.groups, extents.outputs / extents.groups
  )
  let (tapCount, step) = (windows.tapCount, windows.width.stride)
  return fill(
    planes: extents.images * extents.outputs, of: plane, threads: Threads.count
  ) { part, sums in
    let (image, output) = (part / extents.outputs, part % extents.outputs)
    let group = output / outputs
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe x.withUnsafeBufferPointer { x in
        for channel in group * channels..<(group + 1) * channels {
          let input = (image * extents.channels + channel) * inputPlane
          windows.forEachTap { tap in
            let factor = weight[(channel * outputs + output % outputs) * tapCount + tap.index]
            windows.forEachRun(tap, rows: windows.rows) { element, place, count in
              for index in 0..<count {
                let target = element + index * step
                unsafe sums[target] = unsafe Element.accumulate(
                  sums[target], x[input + place + index], factor)
              }
            }
          }
        }
      }
    }
  }
}
