import Files
import Images
import Segmentation

/// Which masks of a sequence are compared for which objects.
struct SequencePlan: Sendable {
  /// An object and where it counts.
  struct Object: Sendable {
    let id: UInt8
    let category: String?
    /// Indices of ``SequencePlan/frames``, in order.
    let counted: [Int]
  }

  let name: String
  /// The folder of the ground truth.
  let truth: String
  /// The folder of what is scored.
  let prediction: String
  /// The names of the ground truth's masks, in order.
  let frames: [String]
  /// In the order of their ids.
  let objects: [Object]
  /// The size that all masks have.
  let size: ImageSize

  /// The ids that may be in a mask.
  var ids: [UInt8] { objects.map(\.id) }

  func truthPath(_ frame: Int) -> String { "\(truth)/\(frames[frame]).png" }
  func predictionPath(_ frame: Int) -> String { "\(prediction)/\(frames[frame]).png" }

  /// Plans the sequence `name`. Throws `EvaluationProblem`, or what reading a mask throws.
  init(
    _ name: String, truth: String, prediction: String, options: EvaluationOptions
  ) throws {
    frames = try MaskFolders.masks(in: truth)
    let edges = options.rules == .youtubeVOS ? [] : [options.countsFirst, options.countsLast]
    let least = edges.count { !$0 } + 1
    guard frames.count >= least else {
      throw EvaluationProblem.tooFewFrames(path: truth, found: frames.count, expected: least)
    }
    guard try !MaskFolders.masks(in: prediction).isEmpty else {
      throw EvaluationProblem.noPrediction(sequence: name, path: prediction)
    }
    self.name = name
    self.truth = truth
    self.prediction = prediction
    size = try ImageFile.size("\(truth)/\(frames[0]).png")
    let paths = frames.map { "\(truth)/\($0).png" }
    guard options.rules == .youtubeVOS else {
      let counted = Array(
        (options.countsFirst ? 0 : 1)..<frames.count - (options.countsLast ? 0 : 1))
      let count = options.rules.mergesObjects ? 1 : try Self.objectCount(paths[0])
      objects = (1...count).map { Object(id: $0, category: nil, counted: counted) }
      return
    }
    guard let metadata = options.metadata else {
      objects = try Self.objects(in: paths, threads: options.threads)
      return
    }
    objects = try Self.objects(of: name, in: metadata, frames, paths, threads: options.threads)
    if let odd = objects.first(where: { $0.category == nil }), options.seenCategories != nil {
      throw EvaluationProblem.noCategory(sequence: name, id: odd.id, path: metadata.path)
    }
  }

  /// The largest id in the mask at `path`.
  private static func objectCount(_ path: String) throws -> UInt8 {
    let presence = try MaskFile.read(path, merged: false).presence
    guard let largest = presence[1..<Int(ObjectMask.void)].lastIndex(of: true) else {
      let largest = presence[Int(ObjectMask.void)] ? ObjectMask.void : 0
      throw EvaluationProblem.noObject(path: path, largest: largest)
    }
    return UInt8(largest)
  }

  /// The objects in the masks at `paths`, each to be scored after the first that it is in.
  private static func objects(in paths: [String], threads: Int) throws -> [Object] {
    let presences = concurrentMap(paths, threads: threads) { path in
      Result { try MaskFile.read(path, merged: false).presence }
    }
    var first: [UInt8: Int] = [:]
    for (index, presence) in presences.enumerated() {
      let presence = try presence.get()
      for id in 1..<ObjectMask.void where presence[Int(id)] && first[id] == nil {
        first[id] = index
      }
    }
    guard !first.isEmpty else { throw EvaluationProblem.noObject(path: paths[0], largest: 0) }
    return first.sorted { $0.key < $1.key }.map { id, index in
      Object(id: id, category: nil, counted: Array(index + 1..<paths.count))
    }
  }

  /// The objects that `metadata` lists, each to be scored in its frames but the first.
  private static func objects(
    of name: String, in metadata: (contents: VideoMetadata, path: String), _ frames: [String],
    _ paths: [String], threads: Int
  ) throws -> [Object] {
    guard let described = metadata.contents.sequences[name], !described.isEmpty else {
      throw EvaluationProblem.notDescribed(sequence: name, path: metadata.path)
    }
    let indices = Dictionary(uniqueKeysWithValues: zip(frames, frames.indices))
    var found: [Object]?
    return try described.sorted { $0.key < $1.key }.map { id, object in
      guard let names = object.frames else {
        if found == nil { found = try objects(in: paths, threads: threads) }
        let counted = found?.first { $0.id == id }?.counted ?? []
        return Object(id: id, category: object.category, counted: counted)
      }
      let counted = try names.sorted().dropFirst().map { frame in
        guard let index = indices[frame] else {
          throw EvaluationProblem.missingMask(path: "\(folder(of: paths))\(frame).png")
        }
        return index
      }
      return Object(id: id, category: object.category, counted: counted)
    }
  }

  private static func folder(of paths: [String]) -> String { FilePath.folder(of: paths[0]) }
}
