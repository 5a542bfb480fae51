public import Dispatch

/// Makes `planes` consecutive planes of `count` elements, each by one call of `body`, which is
/// given the plane's number and its elements, all 0. Planes are spread over `threads` threads.
@inlinable
public func fill<Element: BitwiseCopyable & ExpressibleByIntegerLiteral & SendableMetatype>(
  planes: Int, of count: Int, threads: Int,
  _ body: @Sendable (Int, inout MutableSpan<Element>) -> Void
) -> [Element] {
  unsafe [Element](unsafeUninitializedCapacity: planes * count) { buffer, initialized in
    unsafe buffer.initialize(repeating: 0)
    nonisolated(unsafe) let elements = unsafe buffer
    DispatchQueue.concurrentPerform(iterations: threads) { worker in
      for plane in stride(from: worker, to: count == 0 ? 0 : planes, by: threads) {
        let part = unsafe UnsafeMutableBufferPointer(
          rebasing: elements[plane * count..<(plane + 1) * count])
        var span = unsafe part.mutableSpan
        body(plane, &span)
      }
    }
    initialized = planes * count
  }
}
