import Foundation

/// What SciPy and PyTorch make of a few points and pixels (`Fixtures/make_warp.py`).
struct WarpFixture: Decodable {
  /// A picture sampled through an affine map.
  struct Case: Decodable, Sendable {
    let matrix: [[Double]]
    let offset: SIMD2<Double>
    let border: String
    let expected: [Float]
  }

  let points: [SIMD2<Double>]
  let places: [SIMD2<Double>]
  let queries: [SIMD2<Double>]
  let results: [SIMD2<Double>]
  let width: Int
  let height: Int
  let columns: Int
  let rows: Int
  let pixels: [SIMD4<UInt8>]
  let cases: [Case]

  static func read() throws -> WarpFixture {
    let folder = Bundle.module.resourceURL?.appending(path: "Fixtures")
    guard let file = folder?.appending(path: "warp.json") else {
      throw CocoaError(.fileNoSuchFile)
    }
    return try JSONDecoder().decode(WarpFixture.self, from: Data(contentsOf: file))
  }
}

/// The largest coordinate by which positions differ.
func distance(_ first: SIMD2<Double>, _ second: SIMD2<Double>) -> Double {
  max(abs(first.x - second.x), abs(first.y - second.y))
}
