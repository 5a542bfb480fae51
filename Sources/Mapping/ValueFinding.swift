/// Numbers of one parameter that a trained network should not hold.
public struct ValueFinding: Sendable, Hashable {
  /// What is wrong with them.
  public enum Kind: String, Sendable, CaseIterable {
    /// NaN or infinite.
    case nonFinite = "non-finite"
    /// A variance of a batch norm that is zero or negative.
    case variance
    /// A standard deviation of frames that is zero or negative.
    case deviation
    /// An output channel of a convolution's kernel that is all zeros, before any batch norm is folded
    /// into it.
    case zeroChannel = "zero-channel"
    /// Below the least normal number of binary32 (2^-126) and not zero, as what weight decay leaves of
    /// channels that no longer matter.
    case denormal
  }

  /// The canonical name of the parameter.
  public let parameter: String
  /// The last component of the path of the file that its main tensor is in.
  public let file: String
  /// The name of that tensor there.
  public let tensor: String
  /// What is wrong.
  public let kind: Kind
  /// How many elements, or channels of kind ``Kind/zeroChannel``, are so; at least 1.
  public let count: Int
  /// How many there are.
  public let total: Int
  /// The first of them in the canonical layout, row-major.
  public let firstIndex: Int
  /// The number there; nil for a channel.
  public let first: Float?
  /// Whether the import goes on.
  public let isAccepted: Bool
}

extension ValueFinding: CustomStringConvertible {
  /// On one line, as a problem.
  public var description: String {
    let place = "in '\(tensor)' in \(file)"
    let found =
      switch kind {
      case .zeroChannel:
        "\(count) of \(total) that are \(place), the first at channel \(firstIndex)"
      default:
        "\(count) \(count == 1 ? "other" : "others") \(place), the first \(first ?? 0) at element "
          + "\(firstIndex)"
      }
    return "tensor '\(parameter)': expected \(kind.expected), found \(found)"
  }
}

extension ValueFinding.Kind {
  /// What the numbers should be.
  var expected: String {
    switch self {
    case .nonFinite: "finite numbers"
    case .variance, .deviation: "positive numbers"
    case .zeroChannel: "output channels that are not all zeros (--allow-zero-channels)"
    case .denormal: "normal numbers"
    }
  }
}
