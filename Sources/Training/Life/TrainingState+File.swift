public import Files
import Foundation
import Safetensors
import Tensors

/// What a checkpoint says of itself: the JSON under ``metadataKey`` in the `__metadata__` of its
/// safetensors file (`Schemas/training-checkpoint.schema.json`).
struct CheckpointHeader: Codable, Equatable {
  /// The key of the metadata.
  static let metadataKey = "stm.training"
  /// The version of the format that is written and read.
  static let version = 1

  let version: Int
  /// The fingerprint of the model that the training began with.
  let model: String
  let settings: TrainingSettings
  /// How many steps are done.
  let step: Int
  /// How many steps are in the average; absent: there is none.
  let averaged: Int?
  let best: BestValidation?

  init(_ state: TrainingState) {
    version = Self.version
    model = state.model
    settings = state.settings
    step = state.step
    averaged = state.average?.count
    best = state.best
  }

  /// Reads the header of the checkpoint at `path`. Throws ``TrainingError``, or `FileError`.
  init(_ metadata: [String: String], path: String, limits: ReadingLimits) throws {
    func malformed(_ reason: String) -> TrainingError {
      .malformedCheckpoint(path: path, problems: ["metadata '\(Self.metadataKey)': \(reason)"])
    }
    guard let text = metadata[Self.metadataKey] else {
      throw malformed("expected that of a checkpoint, found none")
    }
    do {
      self = try Self(
        checking: Array(text.utf8), path: path, part: Self.metadataKey, limits: limits)
    } catch let error as DecodingError {
      throw malformed("expected that of a checkpoint, found \(error.found)")
    }
    guard version == Self.version else {
      throw malformed("version: expected \(Self.version), found \(version)")
    }
    guard step >= 0, averaged ?? 0 >= 0, averaged ?? 0 <= step, (best?.step ?? 0) >= 0,
      (best?.step ?? 0) <= step, (best?.since ?? 0) >= 0, (best?.overall ?? 0).isFinite
    else { throw malformed("expected counts of steps up to the last, found others") }
  }
}

extension TrainingState {
  /// Writes the checkpoint at `path`, a safetensors file, atomically; the same state always gives the
  /// same bytes. Throws what `SafetensorsFile.write` throws.
  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let header = String(decoding: try encoder.encode(CheckpointHeader(self)), as: UTF8.self)
    let entries = tensors.flatMap { kind, tensors in
      tensors.sorted { $0.key < $1.key }.map { name, tensor in
        TensorArchive.Entry(name: "\(kind).\(name)", tensor: Tensor(tensor))
      }
    }
    try SafetensorsFile.write(
      try TensorArchive(entries, metadata: [CheckpointHeader.metadataKey: header]), to: path)
  }

  /// Goes on where the training of the checkpoint at `path` was; this one must be as it begins.
  ///
  /// Settings of the groups `accepted` may be others: `files` stands for all that begin with `files.`.
  /// Throws ``TrainingError/otherTraining(path:_:)`` with everything that the checkpoint has other
  /// than this training, ``TrainingError/malformedCheckpoint(path:problems:)``, `FileError` or what
  /// reading safetensors throws; this one then stays as it is.
  public mutating func resume(
    from path: String, accepting accepted: [String] = [], limits: ReadingLimits = .standard
  ) throws {
    let archive = try SafetensorsFile.read(path, limits: limits)
    let header = try CheckpointHeader(archive.metadata, path: path, limits: limits)
    var differences: [TrainingDifference] = []
    if header.model != model {
      differences.append(TrainingDifference(name: "model", expected: model, found: header.model))
    }
    differences += settings.differences(from: header.settings).filter { difference in
      !accepted.contains { difference.name.hasPrefix("\($0).") }
    }
    if (header.averaged == nil) != (average == nil) {
      func text(_ isOn: Bool) -> String { isOn ? "one" : "none" }
      differences.append(
        TrainingDifference(
          name: "average of the weights", expected: text(average != nil),
          found: text(header.averaged != nil)))
    }
    guard differences.isEmpty else { throw TrainingError.otherTraining(path: path, differences) }
    var found = try tensors(of: archive, path: path)
    weights = found.removeValue(forKey: "weights") ?? [:]
    scales = found.removeValue(forKey: "scales") ?? [:]
    optimizer = Optimizer(
      optimizer.settings, updates: header.step,
      first: found.removeValue(forKey: "optimizer.first") ?? [:],
      second: found.removeValue(forKey: "optimizer.second") ?? [:])
    average = average.map {
      WeightAverage(
        decay: $0.decay, count: header.averaged ?? 0,
        values: found.removeValue(forKey: "average") ?? [:])
    }
    best = header.best
  }

  /// The tensors of `archive` by kind and name: those that the training has, finite binary32 numbers
  /// of the same shapes. Throws ``TrainingError``.
  private func tensors(
    of archive: TensorArchive, path: String
  ) throws -> [String: [String: FloatTensor]] {
    var found: [String: [String: FloatTensor]] = [:]
    var differences: [TrainingDifference] = []
    var problems: [String] = []
    var expected: Set<String> = []
    for (kind, tensors) in self.tensors {
      var read: [String: FloatTensor] = [:]
      for (name, template) in tensors.sorted(by: { $0.key < $1.key }) {
        let title = "\(kind).\(name)"
        expected.insert(title)
        let form = "F32 \(template.shape)"
        guard let entry = archive[title] else {
          differences.append(
            TrainingDifference(name: "tensor '\(title)'", expected: form, found: "none"))
          continue
        }
        guard entry.elementType == .float32, entry.shape == template.shape else {
          differences.append(
            TrainingDifference(
              name: "tensor '\(title)'", expected: form,
              found: "\(entry.elementType.rawValue) \(entry.shape)"))
          continue
        }
        let tensor = try entry.tensor()
        let numbers = tensor.floats()
        if let first = tensor.nonFinite?.firstIndex {
          problems.append("tensor '\(title)': expected finite numbers, found another at \(first)")
        } else if kind == "optimizer.second",
          let first = numbers.values.firstIndex(where: { $0 < 0 })
        {
          problems.append("tensor '\(title)': expected mean squares, found less than 0 at \(first)")
        }
        read[name] = numbers
      }
      found[kind] = read
    }
    for entry in archive.entries where !expected.contains(entry.name) {
      differences.append(
        TrainingDifference(
          name: "tensor '\(entry.name)'", expected: "none",
          found: "\(entry.elementType.rawValue) \(entry.shape)"))
    }
    guard differences.isEmpty else { throw TrainingError.otherTraining(path: path, differences) }
    guard problems.isEmpty else {
      throw TrainingError.malformedCheckpoint(path: path, problems: problems)
    }
    return found
  }
}
