#if FFmpeg
  import Foundation
  import Images
  import TestSupport
  import Testing
  import VideoFiles

  /// The files beside these tests.
  enum Fixture: FixtureFolder {
    static let bundle = Bundle.module
  }

  /// The pictures in the fixture folder `name`, in the order of their names.
  func pictures(in name: String) throws -> [RGBImage] {
    let folder = Fixture.path(name)
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { file in
      try ImageFile.readRGB("\(folder)/\(file)")
    }
  }

  extension VideoFile {
    /// All frames in order.
    var images: [RGBImage] {
      get throws { try (0..<frameCount).map { try image($0) } }
    }
  }

  extension [UInt8] {
    /// These bytes with `old`, which must be there once, replaced by as many bytes.
    func replacing(only old: [UInt8], with new: [UInt8]) throws -> [UInt8] {
      try #require(old.count == new.count)
      let places = ranges(of: old)
      try #require(places.count == 1)
      return replacing(old, with: new)
    }
  }
#endif
