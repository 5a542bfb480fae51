import Images
import STM
import Segmentation

/// The objects of a first mask in the next frame, 854x480 pixels of 4 bytes.
func follow(into bytes: [UInt8]) throws -> STMSegmentation {
  let model = try STMModel(contentsOf: "stm-int8.safetensors")
  var session = model.session(policy: BoundedMemory(.frames(8)))

  let first = try STMFrame(contentsOf: "frames/00000.jpg")
  try session.remember(first, ObjectMask(try ImageFile.readMask("masks/00000.png")))

  let next = try STMFrame(interleaved: bytes.span, width: 854, height: 480, order: .bgra)
  return try session.segment(next)
}

/// Goes on with the video called `video` for one frame, and leaves the rest for another time.
func goOn(_ model: STMModel, _ frame: STMFrame, video: String) throws -> ObjectMask {
  var session = try model.session(
    policy: BoundedMemory(.frames(8)), savedAt: "session.safetensors", note: video)
  let mask = try session.segment(frame).mask
  try session.save(to: "session.safetensors", note: video)
  return mask
}

/// The first frame and those just before the current one.
struct RecentFrames: MemoryPolicy {
  /// How many these are, 1 or more.
  let count: Int

  var description: String { "the first and \(count) recent frames" }

  func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext
  ) {
    if frames.count > count { frames.remove(at: 1) }
    frames.append(frame)
  }
}
