import Files
import Testing

/// Held against the examples that NIST publishes with FIPS 180-4 (SHA256.pdf), and the hash of nothing.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `the hash of a text is the published one`(text: String, expected: String) {
    #expect(SHA256.hash(Array(text.utf8)).hexadecimal == expected)
  }

  @Test func `pieces have the hash of the whole`() {
    var hash = SHA256()
    for piece in ["a", "", "bc"] { hash.update(piece) }
    #expect(hash.finalize() == SHA256.hash(Array("abc".utf8)))
  }
}
