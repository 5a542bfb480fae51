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
  /// The names of the ground truth's masks, in order.
  let frames: [String]
  /// The ground truth's masks.
  let truthPaths: [String]
  /// What is scored, whether or not it is there.
  let predictionPaths: [String]
  /// In the order of their ids.
  let objects: [Object]
  /// The size that all masks have.
  let size: ImageSize

  /// The ids that may be in a mask.
  var ids: [UInt8] { objects.map(\.id) }

  /// Plans the sequence `name`. Throws `EvaluationProblem`, or what reading a mask throws.
  init(
    _ name: String, truth: String, prediction: String, options: EvaluationOptions
  ) throws {
    let masks = try PictureName.masks(in: truth)
    let edges = options.rules == .youtubeVOS ? [] : [options.countsFirst, options.countsLast]
    let least = edges.count { !$0 } + 1
    guard masks.count >= least else {
      throw EvaluationProblem.tooFewFrames(path: truth, found: masks.count, expected: least)
    }
    let predicted = Folder.exists(at: prediction) ? try PictureName.masks(in: prediction) : []
    guard !predicted.isEmpty else {
      throw EvaluationProblem.noPrediction(sequence: name, path: prediction)
    }
    let predictions = Dictionary(uniqueKeysWithValues: predicted.map { ($0.name, $0.path) })
    let (frames, paths) = (masks.map(\.name), masks.map(\.path))
    self.name = name
    self.frames = frames
    truthPaths = paths
    predictionPaths = frames.map { predictions[$0] ?? "\(prediction)/\($0).png" }
    size = try ImageFile.size(paths[0])
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
    objects = try Self.objects(of: name, in: metadata, masks, truth, threads: options.threads)
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
    of name: String, in metadata: (contents: VideoMetadata, path: String), _ masks: [PictureName],
    _ truth: String, threads: Int
  ) throws -> [Object] {
    guard let described = metadata.contents.sequences[name], !described.isEmpty else {
      throw EvaluationProblem.notDescribed(sequence: name, path: metadata.path)
    }
    let indices = Dictionary(uniqueKeysWithValues: zip(masks.map(\.name), masks.indices))
    var found: [Object]?
    return try described.sorted { $0.key < $1.key }.map { id, object in
      guard let names = object.frames else {
        if found == nil { found = try objects(in: masks.map(\.path), threads: threads) }
        let counted = found?.first { $0.id == id }?.counted ?? []
        return Object(id: id, category: object.category, counted: counted)
      }
      let counted = try names.sorted().dropFirst().map { frame in
        guard let index = indices[frame] else {
          throw EvaluationProblem.missingMask(path: "\(truth)/\(frame).png")
        }
        return index
      }
      return Object(id: id, category: object.category, counted: counted)
    }
  }
}
