import CommandSupport
import Files
import Foundation
import Images
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
  let progress: CommandSupport.Progress

  /// Segments every frame and writes what is not written yet; the first `written` frames are. What a
  /// run before remembered is used where it was saved; otherwise those frames are segmented again.
  ///
  /// Throws what reading, segmenting and writing throw, `STMError.otherSession`, or
  /// `ClipError.otherMask` where a mask that is there is not the one that this run finds.
  func run(_ model: STMModel, policy: any MemoryPolicy, written: Int) throws -> End {
    for folder in output.folders { try Folder.create(at: folder) }
    var (session, start) = (model.session(policy: policy), 0)
    if written > 0, FilePath.exists(output.sessionPath) {
      let saved = try model.session(policy: policy, savedAt: output.sessionPath)
      if saved.finished == written { (session, start) = saved }
    }
    for index in start..<clip.frameCount {
      if index > start && interruption.exitCode != nil {
        if index >= written {
          try session.save(to: output.sessionPath, of: model, finished: index)
        }
        return .interrupted(written: max(index, written))
      }
      let segmentation = try segment(index, &session)
      if index < written {
        try output.check(segmentation, clip, index)
      } else {
        try output.write(segmentation, clip, index)
      }
      progress.show(index, detail: detail(session, index))
    }
    try FilePath.remove(output.sessionPath)
    return .finished
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

  private func detail(_ session: STMSession, _ index: Int) -> String {
    let rate = String(format: "%.1f", progress.rate(index))
    let size = String(format: "%.1f", Double(session.memoryByteCount) / 1e6)
    return ", \(rate) frames/s, memory \(session.memoryFrameCount) frames, \(size) MB"
  }
}
