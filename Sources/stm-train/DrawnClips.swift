import Files
import Images
import Safetensors
import Segmentation
import Tensors
import Training

/// Clips that a training would be given, as files.
///
///     00000-0/frame-1.png  mask-1.png  frame-2.png ...   step 0, place 0 of its batch
///     contact.png                                        a row for each clip, masks on its frames
///     clips.safetensors                                  00000-0.frames [3, 3, H, W] and
///                                                        00000-0.masks [3, H, W], as trained on
struct DrawnClips {
  private let folder: String
  private var rows: [[RGBImage]] = []
  private var entries: [TensorArchive.Entry] = []
  private var sources: [String: String] = [:]

  /// No clips yet; files go to `folder`. Throws `FileError.cannotCreate`.
  init(in folder: String) throws {
    self.folder = folder
    try Folder.create(at: folder)
  }

  /// Writes the pictures of `clip`, at `position` of the batch of `step`. Throws `FileError` or
  /// `ImageError`.
  mutating func add(_ clip: TrainingClip, step: Int, position: Int) throws {
    let number = "\(step)"
    let name = String(repeating: "0", count: max(0, 5 - number.count)) + "\(number)-\(position)"
    try Folder.create(at: "\(folder)/\(name)")
    let pictures = clip.frames.map(RGBImage.init(planes:))
    for (index, picture) in pictures.enumerated() {
      let mask = clip.masks[index]
      try ImageFile.writeRGB(picture, to: "\(folder)/\(name)/frame-\(index + 1).png")
      try ImageFile.writeMask(
        MaskImage(size: mask.size, values: mask.ids, palette: .objects),
        to: "\(folder)/\(name)/mask-\(index + 1).png")
    }
    rows.append(
      zip(pictures, clip.masks).map { $0.overlaid(with: $1, palette: .objects, width: 1) })
    let (height, width) = (clip.masks[0].height, clip.masks[0].width)
    entries += [
      TensorArchive.Entry(
        name: "\(name).frames", tensor: Tensor(FloatTensor(stacking: clip.frames))),
      TensorArchive.Entry(
        name: "\(name).masks",
        tensor: Tensor(
          bitPatterns: clip.masks.flatMap(\.ids), elementType: .uint8,
          shape: [clip.masks.count, height, width])),
    ]
    sources[name] = clip.source
  }

  /// Writes the contact sheet and the tensors. Throws `FileError` or `ImageError`.
  func finish() throws {
    try ImageFile.writeRGB(RGBImage(sheet: rows), to: "\(folder)/contact.png")
    try SafetensorsFile.write(
      TensorArchive(entries, metadata: sources), to: "\(folder)/clips.safetensors")
  }
}

extension RGBImage {
  /// The picture of `planes` `[1, 3, H, W]`, each number from 0 to 1.
  fileprivate init(planes: FloatTensor) {
    let size = ImageSize(width: planes.shape[3], height: planes.shape[2])
    let bytes = (0..<3 * size.pixelCount).map { index in
      let value = planes.values[index % 3 * size.pixelCount + index / 3]
      return UInt8((min(max(value, 0), 1) * 255).rounded())
    }
    self.init(size: size, bytes: bytes)
  }

  /// Pictures of one size in rows of one length, 4 black pixels between them.
  fileprivate init(sheet rows: [[RGBImage]]) {
    let gap = 4
    let size = rows[0][0].size
    let (columns, step) = (rows[0].count, (x: size.width + gap, y: size.height + gap))
    let whole = ImageSize(width: columns * step.x - gap, height: rows.count * step.y - gap)
    var bytes = [UInt8](repeating: 0, count: 3 * whole.pixelCount)
    for (row, pictures) in rows.enumerated() {
      for (column, picture) in pictures.enumerated() {
        for y in 0..<size.height {
          let target = 3 * ((row * step.y + y) * whole.width + column * step.x)
          let source = 3 * y * size.width
          bytes.replaceSubrange(
            target..<target + 3 * size.width,
            with: picture.bytes[source..<source + 3 * size.width])
        }
      }
    }
    self.init(size: whole, bytes: bytes)
  }
}
