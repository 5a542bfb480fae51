import Glibc

/// An open file descriptor, closed when it is no longer needed.
public struct Descriptor: ~Copyable, Sendable {
  /// The number that the system knows it by, which programs that are started do not get.
  public let number: Int32

  /// Takes over what opening a file returned; nil where that is an error, which `errno` tells.
  public init?(_ number: Int32) {
    guard number >= 0 else { return nil }
    self.number = number
  }

  deinit { _ = close(number) }
}
