import Files
import Images
import Segmentation

/// A frame of a sequence, to be scored for the objects that count in it.
struct FrameComparison: Sendable {
  /// The number of the sequence.
  let sequence: Int
  /// The number of the frame in the sequence.
  let frame: Int
  let truthPath: String
  let predictionPath: String
  /// The ids of the objects that count.
  let counted: [UInt8]
  /// The ids that the masks may hold.
  let known: [UInt8]
  let size: ImageSize
  let mergesObjects: Bool
  let leavesOutVoid: Bool
  let times: EvaluationTimes?

  /// The comparisons of sequence number `index`, in the order of the frames.
  static func all(
    _ plan: SequencePlan, _ index: Int, options: EvaluationOptions
  ) -> [FrameComparison] {
    var counted = [[UInt8]](repeating: [], count: plan.frames.count)
    for object in plan.objects {
      for frame in object.counted { counted[frame].append(object.id) }
    }
    return counted.indices.filter { !counted[$0].isEmpty }.map { frame in
      FrameComparison(
        sequence: index, frame: frame, truthPath: plan.truthPaths[frame],
        predictionPath: plan.predictionPaths[frame], counted: counted[frame], known: plan.ids,
        size: plan.size, mergesObjects: options.rules.mergesObjects,
        leavesOutVoid: options.leavesOutVoid, times: options.times)
    }
  }

  /// The score of each object that counts, in their order, or what is wrong with the two masks.
  func scores() -> Result<[MaskScore], EvaluationProblems> {
    guard let times else { return read().map(compared) }
    let clock = ContinuousClock()
    let start = clock.now
    let masks = read()
    let middle = clock.now
    let scores = masks.map(compared)
    times.add(reading: middle - start, scoring: clock.now - middle)
    return scores
  }

  /// Both masks, whose sizes and ids are as they must be.
  ///
  /// The truth may hold objects that DAVIS does not score, since they are not in its first mask.
  private func read() -> Result<(prediction: ObjectMask, truth: ObjectMask), EvaluationProblems> {
    var problems: [EvaluationProblem] = []
    func read(_ path: String) -> ObjectMask? {
      do {
        let mask = try MaskFile.read(path, merged: mergesObjects)
        let found = ImageSize(width: mask.width, height: mask.height)
        if found == size { return mask }
        problems.append(.size(path: path, expected: size, found: found))
      } catch {
        problems.append(EvaluationProblem(error, path))
      }
      return nil
    }
    let (truth, prediction) = (read(truthPath), read(predictionPath))
    if let odd = prediction?.largestID(beside: known) {
      problems.append(.unknownObject(path: predictionPath, id: odd, known: known))
    }
    guard problems.isEmpty, let truth, let prediction else {
      return .failure(EvaluationProblems(problems))
    }
    return .success((prediction, truth))
  }

  /// The scores of two masks. What the truth leaves void belongs to no object in the truth and,
  /// where it is left out, in the prediction.
  private func compared(_ prediction: ObjectMask, _ truth: ObjectMask) -> [MaskScore] {
    var truths = BitMask.all(leavesOutVoid ? counted + [ObjectMask.void] : counted, in: truth)
    let void = leavesOutVoid ? truths.removeLast() : nil
    let undecided = void.flatMap { $0.isEmpty ? nil : $0 }
    return zip(BitMask.all(counted, in: prediction), truths).map { mask, truth in
      MaskScore(undecided.map(mask.subtracting) ?? mask, truth: truth)
    }
  }
}

/// All that is wrong with a part of the masks.
struct EvaluationProblems: Error {
  let list: [EvaluationProblem]

  init(_ list: [EvaluationProblem]) { self.list = list }
}

extension EvaluationProblem {
  /// What reading the mask at `path` threw.
  init(_ error: any Error, _ path: String) {
    switch error {
    case let problem as EvaluationProblem: self = problem
    case FileError.notFound(path): self = .missingMask(path: path)
    case let error as any DiagnosticError:
      self = .unreadable(reason: error.description, fault: error.fault, hint: error.hint)
    default: self = .unreadable(reason: "\(path): \(error)", fault: .internalDefect, hint: "")
    }
  }
}

extension ObjectMask {
  /// The largest id that is neither 0 nor one of `known`; nil: there is none.
  fileprivate func largestID(beside known: [UInt8]) -> UInt8? {
    var isPresent = presence
    isPresent[0] = false
    for id in known { isPresent[Int(id)] = false }
    return isPresent.lastIndex(of: true).map(UInt8.init)
  }
}
