import Files
import HDF5Files
import Tensors
import TestSupport
import Testing

struct HDF5FuzzTests {
  @Test(arguments: ["flat.h5", "grouped.h5", "layouts.h5"])
  func `a file cut off anywhere is refused`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    try Fixture.withScratchFile { write in
      for count in stride(from: 0, to: bytes.count, by: bytes.count > 4096 ? 211 : 1) {
        let path = try write(Array(bytes.prefix(count)))
        #expect(throws: HDF5Error.self, "\(count) bytes") { try HDF5File.read(path) }
      }
    }
  }

  /// The flips are among those that libhdf5 1.10.8 itself survives; damaged enumerations kill it.
  @Test(arguments: ["flat.h5", "grouped.h5", "refused/wrong-checksum.h5"])
  func `a file with a bit flipped is read or refused, never fatal`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    try Fixture.withScratchFile { write in
      for bit in stride(from: 0, to: 8 * bytes.count, by: 23) {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        let path = try write(damaged)
        do {
          for entry in try HDF5File.read(path).entries { _ = try entry.tensor() }
        } catch is any DiagnosticError {}
      }
    }
  }
}
