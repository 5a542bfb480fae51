import Foundation
import Images
import Testing

/// Pictures and options of trainings that a debug build does in a second.
enum TrainingFiles {
  /// A network from scratch, small enough for a debug build.
  static let scratch = [
    "--from-scratch", "--trunk-width", "2", "--blocks", "1,1,1", "--key-channels", "2",
    "--value-channels", "4", "--decoder-channels", "4",
  ]
  /// Steps as short as they can be.
  static let short = ["--size", "32x32", "--batch", "1", "--threads", "1"]

  /// A training of `steps` steps in the folder `run`, which writes `output`: with an average and a
  /// schedule, so that there is something to remember.
  static func run(_ run: String, _ output: String, steps: Int = 8) -> [String] {
    ["images", "--images", "images", "--masks", "masks"] + scratch + short
      + [
        "--steps", "\(steps)", "--average", "0.9", "--schedule", "polynomial", "--warm-up", "1",
        "--learning-rate", "0.001", "--run", run, "--checkpoint-every", "2", "--quiet", "-o",
        output,
      ]
  }
}

extension Workspace {
  /// Runs `stm-train`, which must end with exit code 0.
  func train(
    _ options: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let run = try await Tool.train.run(options, in: path)
    #expect(run.code == 0, "\(run.errors)", sourceLocation: sourceLocation)
  }

  /// Writes `count` pictures of a bright square on a dark ground to the folder `images`, and their
  /// masks to `masks`.
  func writeImages(_ count: Int = 3, images: String = "images", masks: String = "masks") throws {
    for folder in [images, masks] {
      try FileManager.default.createDirectory(
        atPath: self[folder], withIntermediateDirectories: true)
    }
    for index in 0..<count {
      let (picture, mask) = Self.square(at: 8 + 6 * index, of: 18)
      try ImageFile.writeRGB(picture, to: self["\(images)/\(index).png"])
      try ImageFile.writeMask(mask, to: self["\(masks)/\(index).png"])
    }
  }

  /// Writes a clip of `frames` pictures in which a square moves, with all masks, to the folder `name`.
  func writeMovingSquare(_ name: String, frames: Int = 5) throws {
    for folder in ["frames", "masks"] {
      try FileManager.default.createDirectory(
        atPath: self["\(name)/\(folder)"], withIntermediateDirectories: true)
    }
    for index in 0..<frames {
      let (picture, mask) = Self.square(at: 6 + 4 * index, of: 16)
      try ImageFile.writeRGB(picture, to: self["\(name)/frames/0000\(index).png"])
      try ImageFile.writeMask(mask, to: self["\(name)/masks/0000\(index).png"])
    }
  }

  private static func square(at place: Int, of side: Int) -> (RGBImage, MaskImage) {
    let size = ImageSize(width: 48, height: 48)
    var (bytes, ids) = ([UInt8](), [UInt8]())
    for y in 0..<size.height {
      for x in 0..<size.width {
        let isInside = (place..<place + side).contains(x) && (place..<place + side).contains(y)
        ids.append(isInside ? 1 : 0)
        bytes += isInside ? [230, UInt8(100 + x), 40] : [UInt8(20 + y), UInt8(30 + x), 90]
      }
    }
    return (
      RGBImage(size: size, bytes: bytes), MaskImage(size: size, values: ids, palette: .objects)
    )
  }
}
