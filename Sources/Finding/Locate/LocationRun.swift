import Execution
import Networks
import Quantization
import Segmentation
import Tensors

/// A network on its way through a clip, every value of which is looked at.
struct LocationRun {
  /// How many frames are segmented.
  private(set) var frames = 0

  private let scanner: LocationScanner
  private let clip: Clip
  private var own: VideoSegmentation
  private var leader: VideoSegmentation?
  private var frame: FloatTensor
  private var probabilities: FloatTensor

  init(
    _ search: Location.Search, _ network: CompiledNetwork, weights: TensorArchive,
    beside reference: CompiledNetwork?, _ clip: Clip
  ) throws {
    func segmentation(_ network: CompiledNetwork) -> VideoSegmentation {
      VideoSegmentation(network, height: clip.height, width: clip.width)
    }
    scanner = LocationScanner(search, network.programs.map(\.bound), weights)
    self.clip = clip
    own = segmentation(network)
    leader = reference.map(segmentation)
    frame = try clip.frame(0)
    probabilities = clip.firstMask.probabilities(of: clip.objects)
  }

  /// What was found.
  var findings: [Location.Finding] { scanner.ranked }

  /// Goes on by a frame; whether there was one, and nothing was found that ends the search.
  mutating func advance() throws -> Bool {
    let index = frames + 1
    guard index < clip.frameCount, !scanner.isDone else { return false }
    let (given, masks) = (frame, probabilities)
    let record = scanner.record(0)
    try leader?.memorize(frame: given, probabilities: masks, taps: record)
    try own.memorize(frame: given, probabilities: masks, taps: scanner.scan(0, frame: index - 1))
    let next = try clip.frame(index)
    frame = next
    let records = (scanner.record(1), scanner.record(2))
    let led = try leader?.segment(frame: next, taps: records)
    let result = try own.segment(
      frame: next, taps: (scanner.scan(1, frame: index), scanner.scan(2, frame: index)))
    probabilities = (led ?? result).probabilities
    frames = index
    return true
  }
}

/// Looks at values as they are made.
private final class LocationScanner {
  private let search: Location.Search
  private let searches: [[String: Location.Search]]
  private let programs: [BoundProgram]
  private let weights: TensorArchive
  private var references: [[String: FloatTensor]]
  private var held: [String: FloatTensor] = [:]
  private var findings: [Location.Fault: Location.Finding] = [:]
  private var order: [Location.Fault] = []
  private var affected: [Location.Fault: Set<String>] = [:]

  init(_ search: Location.Search, _ programs: [BoundProgram], _ weights: TensorArchive) {
    self.search = search
    searches = programs.map { Self.searches(search, in: $0.program) }
    self.programs = programs
    self.weights = weights
    references = programs.map { _ in [:] }
  }

  /// Whether a fault was found that makes the search fail.
  var isDone: Bool { findings.keys.contains(where: \.isFailure) }

  /// What was found, in order.
  var ranked: [Location.Finding] {
    order.compactMap { fault in
      var finding = findings[fault]
      finding?.affected = affected[fault]?.count ?? 0
      return finding
    }
  }

  /// Taps that keep the reference's values of program number `index`.
  func record(_ index: Int) -> Taps {
    references[index] = [:]
    return Taps(Set(programs[index].program.steps.map(\.name))) { self.references[index][$0] = $1 }
  }

  /// Taps that look at those of program number `index` in frame number `frame`.
  func scan(_ index: Int, frame: Int) -> Taps {
    let bound = programs[index]
    let steps = bound.program.steps.reduce(into: [:]) { $0[$1.name] = $1 }
    let lastReaders = bound.program.lastReaders
    held = [:]
    return Taps(Set(bound.program.inputs + bound.program.steps.map(\.name))) { name, value in
      if let step = steps[name] {
        try self.look(at: value, of: step, in: bound, index, frame)
        for input in step.inputs where lastReaders[input] == name { self.held[input] = nil }
      }
      if lastReaders[name] != nil { self.held[name] = value }
    }
  }

  private func look(
    at value: FloatTensor, of step: Step, in bound: BoundProgram, _ index: Int, _ frame: Int
  ) throws {
    let storage = bound.storage(of: step.name)
    let reference = references[index].removeValue(forKey: step.name)
    let scan = ValueScan(
      searches[index][step.name] ?? search, in: value, heldAs: storage, beside: reference)
    for hit in scan.hits.sorted(by: { $0.first < $1.first }) {
      affected[hit.fault, default: []].insert("\(bound.program.name) \(step.name)")
      guard findings[hit.fault] == nil else { continue }
      order.append(hit.fault)
      findings[hit.fault] = try finding(hit, value, reference, step, bound, frame)
    }
  }

  /// What is looked for in each value of `program`: in images, which are from 0 to 1 by definition,
  /// and in what a plan of the precision asked for holds in binary32, nothing but what is not finite.
  private static func searches(
    _ search: Location.Search, in program: Program
  ) -> [String: Location.Search] {
    guard case .overflow(let precision, _) = search else { return [:] }
    let held = precision.map { program.heldPrecisions(in: PrecisionPlan($0)) }
    return program.steps.reduce(into: [:]) { searches, step in
      if program.isImage(step.name) || held != nil && held?[step.name] != precision {
        searches[step.name] = .overflow(precision: nil, share: 1)
      }
    }
  }

  private func finding(
    _ hit: ValueScan.Hit, _ value: FloatTensor, _ reference: FloatTensor?, _ step: Step,
    _ bound: BoundProgram, _ frame: Int
  ) throws -> Location.Finding {
    let storage = bound.storage(of: step.name)
    let position = Location.Position(hit.first, in: value.shape)
    let read = step.inputs.compactMap { held[$0] }
    let inputs = step.inputs.enumerated().compactMap { number, name in
      held[name].map {
        Location.Range(
          $0, name: name, in: bound.storage(of: name),
          readAs: step.readsImages ? .float32 : bound.operandStorage(of: step, number))
      }
    }
    let sum =
      read.count == step.inputs.count ? ExactSum(of: step, in: bound, at: position, read) : nil
    var limits = storage.limits
    if case .overflow(let precision?, _) = search {
      limits = (precision == .float16 ? Storage.float16 : .bfloat16).limits
    }
    return Location.Finding(
      fault: hit.fault, name: step.name, program: bound.program.name, covers: step.covers,
      precision: bound.arithmetic(of: step), storage: storage, frame: frame, position: position,
      value: value.values[hit.first], reference: reference?[position], count: hit.count,
      elements: value.values.count, channels: hit.channels, inputs: inputs,
      weights: try tensors(of: step, in: bound), sum: sum,
      origin: Origin(of: hit.fault, inputs, sum, within: limits), affected: 0)
  }

  /// The tensors of the model file that `step` is configured with, in the file's order.
  private func tensors(of step: Step, in bound: BoundProgram) throws -> [Location.Range] {
    guard step.convolution != nil else { return [] }
    let layers = step.layers + [step.batchNorm?.layer].compactMap(\.self)
    let constants = step.parts.compactMap(\.normalization).flatMap(\.parameters).map(\.name)
    return try weights.entries.filter { entry in
      guard !entry.name.hasSuffix(".num_batches_tracked") else { return false }
      return constants.contains(entry.name)
        || layers.contains { entry.name.hasPrefix("\($0).") }
    }.map { try Location.Range($0) }
  }
}
