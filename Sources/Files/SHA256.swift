import COpenSSL

/// The SHA-256 (FIPS 180-4) of bytes that come piece by piece, computed by OpenSSL.
@safe
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// The hash of no bytes yet.
  public init() {
    guard let context = unsafe EVP_MD_CTX_new(),
      unsafe EVP_DigestInit_ex(unsafe context, EVP_sha256(), nil) == 1
    else { preconditionFailure("OpenSSL has no SHA-256") }
    unsafe self.context = unsafe context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Adds `bytes`.
  public mutating func update(_ bytes: RawSpan) {
    let isDone = unsafe bytes.withUnsafeBytes { bytes in
      unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    }
    precondition(isDone, "OpenSSL does not hash")
  }

  /// Adds `bytes`.
  public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

  /// Adds the UTF-8 of `text`.
  public mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The hash of all bytes.
  public consuming func finalize() -> SHA256Digest {
    var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
    let isDone = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
      unsafe EVP_DigestFinal_ex(context, bytes.baseAddress, nil) == 1
    }
    precondition(isDone, "OpenSSL does not hash")
    return SHA256Digest(bytes: bytes)
  }

  /// The hash of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> SHA256Digest { unsafe hash(bytes.span.bytes) }

  /// The hash of `bytes`.
  public static func hash(_ bytes: RawSpan) -> SHA256Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }
}

/// A SHA-256.
public struct SHA256Digest: Sendable, Hashable {
  static let byteCount = 32

  /// The 32 bytes, the first first.
  public let bytes: [UInt8]

  /// Two hexadecimal digits a byte.
  public var hexadecimal: String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
