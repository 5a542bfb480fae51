public import Images
public import Segmentation
import Tensors

/// A video that is being segmented: what is remembered of its frames so far.
///
///     var session = model.session()
///     try session.remember(frames[0], mask)
///     for frame in frames.dropFirst() { show(try session.segment(frame).mask) }
///
/// A session is a value: a copy goes on by itself.
public struct STMSession: Sendable {
  /// A frame that the memory does not hold yet; it goes there when the next one comes.
  private struct Latest {
    let frame: FloatTensor
    let probabilities: FloatTensor
    let newObjects: Int
  }

  /// The size of the frames; nil: there was none.
  public private(set) var size: ImageSize?
  /// The ids of the objects that are followed, in the order in which they appeared.
  public private(set) var objects: [UInt8] = []

  private let model: STMModel
  private let policy: any MemoryPolicy
  private var segmentation: VideoSegmentation?
  private var latest: Latest?

  init(_ model: STMModel, _ policy: any MemoryPolicy) {
    self.model = model
    self.policy = policy
  }

  /// The number of frames that it was given.
  public var frameCount: Int { segmentation.map { $0.memorized + 1 } ?? 0 }

  /// The number of frames in memory, of the objects that appeared first.
  public var memoryFrameCount: Int { segmentation?.framesInMemory.count ?? 0 }

  /// The bytes that keys and values in memory take.
  public var memoryByteCount: Int { segmentation?.memoryByteCount ?? 0 }

  /// Takes a frame whose mask is known: the first, or a later one in which objects appear or are
  /// corrected. Call it in place of ``segment(_:)`` for that frame.
  ///
  /// Of a later mask, objects that it shows are as it shows them. Where it shows none of the others
  /// keep what is found for them, undecided pixels (255) included. Throws
  /// ``STMError/frameSize(expected:found:)``, ``STMError/maskSize(expected:found:)``,
  /// ``STMError/noObject`` for a first mask without one, `ClipError.memoryLimit` for a policy that
  /// cannot do with its limit, or what the network throws.
  @discardableResult public mutating func remember(
    _ frame: STMFrame, _ mask: ObjectMask
  ) throws -> STMSegmentation {
    guard mask.size == frame.size else {
      throw STMError.maskSize(expected: frame.size, found: mask.size)
    }
    guard latest != nil else {
      let shown = mask.objects
      guard !shown.isEmpty else { throw STMError.noObject }
      segmentation = VideoSegmentation(
        model.network, height: frame.size.height, width: frame.size.width, policy: policy)
      (size, objects) = (frame.size, shown)
      return keep(frame, mask.probabilities(of: shown), newObjects: 0)
    }
    let found = try segment(frame)
    let shown = mask.objects
    guard !shown.isEmpty else { return found }
    let new = shown.filter { !objects.contains($0) }
    objects += new
    return keep(
      frame, found.probabilities.overlaid(with: mask, shown, of: objects), newObjects: new.count)
  }

  /// Segments the next frame.
  ///
  /// Throws ``STMError/nothingRemembered``, ``STMError/frameSize(expected:found:)``,
  /// `ClipError.memoryLimit`, or what the network throws.
  public mutating func segment(_ frame: STMFrame) throws -> STMSegmentation {
    guard let latest, let segmentation, let size else { throw STMError.nothingRemembered }
    guard frame.size == size else {
      throw STMError.frameSize(expected: size, found: frame.size)
    }
    var next = segmentation
    try next.memorize(
      frame: latest.frame, probabilities: latest.probabilities, newObjects: latest.newObjects)
    let result = try next.segment(frame: frame.planes)
    self.segmentation = next
    return keep(frame, result.probabilities, newObjects: 0)
  }

  /// Writes all that is remembered to `path`, as safetensors, so that
  /// ``STMModel/session(policy:savedAt:note:)`` of the same model goes on from here. `note` is
  /// whatever else must be the same then, such as what the frames are of.
  ///
  /// Throws ``STMError/nothingRemembered``, `FileError` or what the network throws.
  public func save(to path: String, note: String = "") throws {
    guard let latest, let segmentation else { throw STMError.nothingRemembered }
    try SavedSession(
      objects: objects, frame: latest.frame,
      probabilities: latest.probabilities, newObjects: latest.newObjects,
      memory: segmentation.snapshot
    ).write(to: path, try model.description(policy, note))
  }

  mutating func restore(_ saved: SavedSession) throws {
    let (height, width) = (saved.frame.shape[2], saved.frame.shape[3])
    (size, objects) = (ImageSize(width: width, height: height), saved.objects)
    latest = Latest(
      frame: saved.frame, probabilities: saved.probabilities, newObjects: saved.newObjects)
    var segmentation = VideoSegmentation(
      model.network, height: height, width: width, policy: policy)
    try segmentation.restore(saved.memory)
    self.segmentation = segmentation
  }

  private mutating func keep(
    _ frame: STMFrame, _ probabilities: FloatTensor, newObjects: Int
  ) -> STMSegmentation {
    latest = Latest(frame: frame.planes, probabilities: probabilities, newObjects: newObjects)
    return STMSegmentation(objects: objects, probabilities: probabilities)
  }
}

extension FloatTensor {
  /// The probabilities `[N + 1, 1, H, W]`, background first, once `mask` is known, which shows the
  /// objects `shown`; those that it adds to `objects` come last.
  fileprivate func overlaid(
    with mask: ObjectMask, _ shown: [UInt8], of objects: [UInt8]
  ) -> FloatTensor {
    let plane = mask.ids.count
    var result = FloatTensor(zeros: [objects.count + 1, 1, mask.height, mask.width])
    for (index, id) in objects.enumerated() {
      let (start, isShown) = ((index + 1) * plane, shown.contains(id))
      let isKnown = index + 1 < shape[0]
      for pixel in 0..<plane {
        let label = mask.ids[pixel]
        let isFree = label == 0 || label == ObjectMask.void
        if label == id {
          result.values[start + pixel] = 1
        } else if isKnown && (isShown ? label == ObjectMask.void : isFree) {
          result.values[start + pixel] = values[start + pixel]
        }
      }
    }
    for pixel in 0..<plane {
      let sum = (1...objects.count).reduce(Float(0)) { $0 + result.values[$1 * plane + pixel] }
      result.values[pixel] = max(0, 1 - sum)
    }
    return result
  }
}
