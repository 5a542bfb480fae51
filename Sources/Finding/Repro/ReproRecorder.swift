import Execution
import Networks
import Segmentation
import Tensors

/// What a step of both networks was given and made in one frame, where the candidate's layers are
/// given the reference's values.
struct ReproRecorder {
  /// What the reference's step read, in its order.
  private(set) var inputs: [FloatTensor] = []
  /// What the candidate's read.
  private(set) var candidateInputs: [FloatTensor] = []
  /// What the reference's made.
  private(set) var reference = FloatTensor(zeros: [0])
  /// What the candidate's made.
  private(set) var candidate = FloatTensor(zeros: [0])

  /// Follows `clip` up to frame number `frame`, which must be one in which the program number `index`
  /// runs; `progress` is told how many frames are done. Throws what reading the clip and running
  /// throw.
  init(
    _ step: Step, program index: Int, frame target: Int,
    networks: (CompiledNetwork, CompiledNetwork),
    clip: Clip, progress: (Int) -> Void
  ) throws {
    let values = Values(step, networks.0.programs[index].bound.program)
    func taps(_ program: Int, _ frame: Int) -> (record: Taps, isolate: Taps) {
      let isTarget = program == index && frame == target
      return (
        values.record(networks.0.programs[program].bound.program, isTarget),
        values.isolate(isTarget)
      )
    }
    func segmentation(_ network: CompiledNetwork) -> VideoSegmentation {
      VideoSegmentation(network, height: clip.height, width: clip.width)
    }
    var (leader, isolated) = (segmentation(networks.0), segmentation(networks.1))
    var frame = try clip.frame(0)
    var probabilities = clip.firstMask.probabilities(of: clip.objects)
    for number in 1..<clip.frameCount where values.candidate == nil {
      let memorizing = taps(0, number - 1)
      try leader.memorize(frame: frame, probabilities: probabilities, taps: memorizing.record)
      try isolated.memorize(frame: frame, probabilities: probabilities, taps: memorizing.isolate)
      guard values.candidate == nil else { break }
      frame = try clip.frame(number)
      let (query, decode) = (taps(1, number), taps(2, number))
      let result = try leader.segment(frame: frame, taps: (query.record, decode.record))
      _ = try isolated.segment(frame: frame, taps: (query.isolate, decode.isolate))
      probabilities = result.probabilities
      progress(number)
    }
    guard let reference = values.reference, let candidate = values.candidate else {
      preconditionFailure("frame \(target) did not come")
    }
    (self.reference, self.candidate) = (reference, candidate)
    inputs = step.inputs.compactMap { values.read[$0] }
    candidateInputs = step.inputs.compactMap { values.handed[$0] ?? values.read[$0] }
  }

  /// What taps keep.
  private final class Values {
    let step: Step
    let given: Set<String>
    var made: [String: FloatTensor] = [:]
    var read: [String: FloatTensor] = [:]
    var handed: [String: FloatTensor] = [:]
    var reference: FloatTensor?
    var candidate: FloatTensor?

    init(_ step: Step, _ program: Program) {
      self.step = step
      given = Set(step.inputs).intersection(program.inputs)
    }

    /// Taps that keep every step's value for the candidate, and in the frame asked for what the step
    /// reads and makes.
    func record(_ program: Program, _ isTarget: Bool) -> Taps {
      let steps = Set(program.steps.map(\.name))
      return Taps(steps.union(isTarget ? given : [])) { [self] name, value in
        if steps.contains(name) { made[name] = value }
        guard isTarget else { return }
        if step.inputs.contains(name) { read[name] = value }
        if name == step.name { reference = value }
      }
    }

    /// Taps that put these in the place of the candidate's.
    func isolate(_ isTarget: Bool) -> Taps {
      Taps(
        isTarget ? given.union([step.name]) : [],
        replacingWith: { [self] name in made.removeValue(forKey: name) },
        receive: { [self] name, value in
          if name == step.name { candidate = value } else { handed[name] = value }
        })
    }
  }
}
