import CommandSupport
import Files
import Foundation
import Images
import Models
import STM
import Segmentation

/// The way through one clip.
struct ClipRun {
  /// How it ended.
  enum End {
    /// All frames are written.
    case finished
    /// A signal came; so many frames are written.
    case interrupted(written: Int)
  }

  let clip: Clip
  let output: ClipOutput
  /// Whether masks behind the first may show objects that appear later.
  let followsLaterObjects: Bool
  let interruption: Interruption
  let isQuiet: Bool

  /// Segments every frame and writes what is not written yet. Where `resumes`, masks that a run of the
  /// same model, options and clip made stay: `facts` are those of the model and options.
  ///
  /// What that run remembered is used where it was saved; frames behind it are segmented again. Throws
  /// what reading, segmenting and writing throw, `STMError.otherSession`, or `ClipError.otherMask` where
  /// a mask that is there is not the one that this run finds.
  func run(
    _ model: STMModel, policy: any MemoryPolicy, facts: String, resumes: Bool
  ) throws -> End {
    for folder in output.folders { try Folder.create(at: folder) }
    let origin = try origin(facts)
    let written = resumes ? output.writtenCount(of: clip, origin) : 0
    guard written < clip.frameCount else { return .finished }
    var session = model.session(policy: policy)
    if written == 0 {
      try FilePath.remove(output.sessionPath)
    } else if FilePath.exists(output.sessionPath) {
      let saved = try model.session(policy: policy, savedAt: output.sessionPath, note: origin)
      if saved.frameCount <= written { session = saved }
    }
    let start = session.frameCount
    let progress = CommandSupport.Progress(
      clip.name, total: clip.frameCount - 1, from: start, isQuiet: isQuiet)
    for index in start..<clip.frameCount {
      if index > start && interruption.exitCode != nil {
        if index >= written { try session.save(to: output.sessionPath, note: origin) }
        return .interrupted(written: max(index, written))
      }
      let segmentation = try segment(index, &session)
      if index < written {
        try output.check(segmentation, clip, index)
      } else {
        try output.write(segmentation, clip, index, origin)
      }
      progress.show(index, detail: detail(session, progress.rate(index)))
    }
    try FilePath.remove(output.sessionPath)
    return .finished
  }

  /// What tells the masks of this run from those of any other: `facts` and, as the first half of a
  /// SHA-256 (FIPS 180-4), the clip as it is read: names and sizes of frames, the first frame and the first mask.
  private func origin(_ facts: String) throws -> String {
    var hash = SHA256()
    let sizes = [clip.fullSize, clip.size].map(\.description)
    let options = [followsLaterObjects, output.keepsScale].map { $0 ? "1" : "0" }
    hash.update((sizes + options + clip.frameNames).joined(separator: "\0"))
    hash.update(clip.firstMask.ids)
    hash.update(try clip.picture(0).bytes)
    return "stm-segment; \(facts); clip \(hash.finalize().hexadecimal.prefix(32))"
  }

  private func segment(_ index: Int, _ session: inout STMSession) throws -> STMSegmentation {
    let frame = STMFrame(try clip.picture(index))
    if index == 0 { return try session.remember(frame, clip.firstMask) }
    if followsLaterObjects, let mask = try clip.truth(index) {
      let known = Set(session.objects)
      let new = ObjectMask(
        width: mask.width, height: mask.height,
        ids: mask.ids.map { known.contains($0) || $0 == ObjectMask.void ? 0 : $0 })
      if !new.objects.isEmpty { return try session.remember(frame, new) }
    }
    return try session.segment(frame)
  }

  private func detail(_ session: STMSession, _ rate: Double) -> String {
    let size = String(format: "%.1f", Double(session.memoryByteCount) / 1e6)
    return ", \(String(format: "%.1f", rate)) frames/s, "
      + "memory \(session.memoryFrameCount) frames, \(size) MB"
  }
}
