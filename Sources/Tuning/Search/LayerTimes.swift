import Execution
import Files
import Foundation
import Networks
public import Quantization
public import STMModel

/// How long every layer takes in every precision, from reports of `stm-verify profile`, one for each
/// precision.
///
/// A plan's time is the sum of its steps' times: those of `memorize`, `query` and `decode`, which every
/// frame runs. What it costs to go from one precision to another between two layers is not in it.
public struct LayerTimes: Sendable {
  /// The files.
  public let paths: [String]

  /// The precisions that were profiled, in the order of `Precision.allCases`.
  public let precisions: [Precision]

  private let programs: [Program]
  private let milliseconds: [Place: Double]

  private struct Place: Hashable {
    let step: String
    let precision: Precision
  }

  /// Reads the reports at `paths`, profiles of models of `network`, which must agree in everything but
  /// the precision.
  ///
  /// Throws `FileError` or ``TuningError/profile(path:problems:)``.
  public init(paths: [String], of network: STMNetwork) throws {
    self.paths = paths
    programs = network.deployedPrograms
    var (milliseconds, precisions): ([Place: Double], [Precision]) = ([:], [])
    var first: StoredProfile?
    for path in paths {
      let profile = try StoredProfile(path: path)
      var problems = profile.problems(in: network)
      if let first { problems += profile.differences(from: first, in: paths[0]) }
      first = first ?? profile
      let precision = Precision(rawValue: profile.precision)
      if precision == nil {
        problems.append("expected a model in one precision, found \(profile.precision)")
      } else if precisions.contains(where: { $0 == precision }) {
        problems.append("expected one profile of \(profile.precision), found another before")
      }
      guard problems.isEmpty, let precision else {
        throw TuningError.profile(path: path, problems: problems)
      }
      precisions.append(precision)
      for step in profile.steps {
        milliseconds[Place(step: step.name, precision: precision)] = step.milliseconds
      }
      // The memory read in int8 is that in bfloat16, and in w8 that in binary32.
      for program in programs {
        guard let read = program.steps.first(where: \.isMemoryRead),
          let profiled = profile.steps.first(where: { $0.name == read.name }),
          let computed = Precision(rawValue: profiled.precision)
        else { continue }
        let followers = program.steps.filter { program.isInherited($0, from: read) }.map(\.name)
        for step in profile.steps where followers.contains(step.name) {
          let place = Place(step: step.name, precision: computed)
          milliseconds[place] = milliseconds[place] ?? step.milliseconds
        }
      }
    }
    self.milliseconds = milliseconds
    self.precisions = Precision.allCases.filter(precisions.contains)
  }

  /// The milliseconds of a frame in `plan`.
  ///
  /// Throws ``TuningError/noTime(layer:precision:profiles:)``.
  public func milliseconds(of plan: PrecisionPlan) throws -> Double {
    var sum = 0.0
    for program in programs {
      for step in program.steps {
        let precision = program.precision(of: step, in: plan)
        guard let time = milliseconds[Place(step: step.name, precision: precision)] else {
          throw TuningError.noTime(
            layer: step.name, precision: precision.rawValue,
            profiles: precisions.map(\.rawValue))
        }
        sum += time
      }
    }
    return sum
  }
}

extension Program {
  /// Whether `step` is `origin`, or has its precision from it.
  fileprivate func isInherited(_ step: Step, from origin: Step) -> Bool {
    guard step != origin else { return true }
    guard !step.hasOwnPrecision, let first = self.step(step.inputs[0]) else { return false }
    return isInherited(first, from: origin)
  }
}

/// What is read of a report of `stm-verify profile` (`Schemas/profile-report.schema.json`).
private struct StoredProfile: Decodable {
  struct Step: Decodable {
    let program: String
    let name: String
    let precision: String
    let milliseconds: Double
    let operations: Int
  }

  let backend: String
  let arithmetic: String
  let precision: String
  let height: Int
  let width: Int
  let memory: Int
  let objects: Int
  let steps: [Step]

  init(path: String) throws {
    let data = try FileBytes(path: path).withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe Data($0) }
    }
    guard let read = try? JSONDecoder().decode(StoredProfile.self, from: data) else {
      throw TuningError.profile(
        path: path, problems: ["expected JSON as Schemas/profile-report.schema.json has it"])
    }
    self = read
  }

  /// What keeps this from being a profile of a model of `network`.
  func problems(in network: STMNetwork) -> [String] {
    let grid = STMConfiguration.alignment
    guard height > 0, width > 0, height % grid == 0, width % grid == 0, memory > 0, objects > 0,
      max(height, width) <= 1 << 14, memory <= 1 << 14, objects < 256
    else {
      return ["expected a size in multiples of \(grid), frames in memory and objects, found others"]
    }
    let found = Dictionary(steps.map { ($0.name, $0) }) { first, _ in first }
    var problems: [String] = []
    for program in network.deployedPrograms {
      let operations = try? program.operations(
        for: network.configuration.inputShapes(
          height: height, width: width, memory: memory, objects: objects))
      for step in program.steps {
        guard let profiled = found[step.name], profiled.program == program.name else {
          problems.append("expected the time of '\(step.name)', found none")
          continue
        }
        if let operations = operations?[step.name], operations != profiled.operations {
          problems.append(
            "'\(step.name)': expected \(operations) operations as in the model, found "
              + "\(profiled.operations)")
        }
        if !(profiled.milliseconds >= 0 && profiled.milliseconds.isFinite) {
          problems.append("'\(step.name)': expected a time, found \(profiled.milliseconds)")
        }
      }
    }
    // A profile of another model has much to say.
    return problems.count > 3
      ? Array(problems.prefix(3)) + ["and \(problems.count - 3) more"] : problems
  }

  /// In what this differs from `other`, the profile at `path`.
  func differences(from other: StoredProfile, in path: String) -> [String] {
    [
      ("backend", backend, other.backend), ("arithmetic", arithmetic, other.arithmetic),
      ("size", "\(height)x\(width)", "\(other.height)x\(other.width)"),
      ("frames in memory", "\(memory)", "\(other.memory)"),
      ("objects", "\(objects)", "\(other.objects)"),
    ].compactMap { name, mine, theirs in
      mine == theirs ? nil : "\(name): expected \(theirs) as in \(path), found \(mine)"
    }
  }
}
