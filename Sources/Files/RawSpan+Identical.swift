import Glibc

extension RawSpan {
  /// Whether both are the same bytes (wraps `memcmp`).
  public func isIdentical(to other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    return unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right in
        guard let l = left.baseAddress, let r = right.baseAddress else { return true }
        return unsafe memcmp(l, r, left.count) == 0
      }
    }
  }
}
