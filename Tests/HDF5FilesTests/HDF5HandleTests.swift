import CHDF5
import Foundation
import Tensors
import TestSupport
import Testing

@testable import HDF5Files

struct HDF5HandleTests {
  /// Files, datasets, groups, types and attributes: `H5F_OBJ_ALL`, which Swift does not import.
  private let all: UInt32 = 0x1F

  @Test func `no handle stays open, whether a file is read or refused`() throws {
    let names = FileManager.default.enumerator(atPath: Fixture.path(""))?.compactMap {
      ($0 as? String).flatMap { $0.hasSuffix(".h5") ? $0 : nil }
    }
    let files = try #require(names)
    #expect(files.count > 30)
    for name in files.sorted() {
      for entry in (try? HDF5File.contents(Fixture.path(name)).archive.entries) ?? [] {
        _ = try? entry.tensor()
      }
      let open = try HDF5Library.withLibrary { H5Fget_obj_count(hid_t(all), all) }
      #expect(open == 0, "\(name)")
    }
  }
}
