#if FFmpeg
  import Foundation
  import Images
  import Testing
  import VideoFiles

  /// The path of a fixture.
  func fixture(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL?.appendingPathComponent("Fixtures"))
    return folder.appendingPathComponent(name).path
  }

  /// The bytes of a fixture.
  func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: try fixture(name))))
  }

  /// The pictures in the fixture folder `name`, in the order of their names.
  func pictures(in name: String) throws -> [RGBImage] {
    let folder = try fixture(name)
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

  /// Lends the path of a file that holds `bytes`, in a folder that is removed afterwards.
  @discardableResult
  func withFile<Result>(
    _ bytes: [UInt8], called name: String = "video", _ body: (String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return try body(file.path)
  }
#endif
