/// What tells numbers and texts from others: FNV-1a with 64 bits (Fowler, Noll, Vo; RFC 9923).
struct Fingerprint {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Adds the bytes of `text`.
  mutating func include(_ text: String) { for byte in text.utf8 { include(UInt64(byte)) } }

  /// Adds the bits of `values`, each at once.
  mutating func include(_ values: [Float]) {
    for value in values { include(UInt64(value.bitPattern)) }
  }

  private mutating func include(_ number: UInt64) { hash = (hash ^ number) &* 0x100_0000_01b3 }

  /// The fingerprint in hexadecimal.
  var text: String { String(hash, radix: 16) }
}
