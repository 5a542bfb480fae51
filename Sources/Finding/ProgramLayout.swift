import Models
import Networks
import STMModel

/// Whether the steps of two models correspond.
enum ProgramLayout {
  /// Checks that both models have the same steps.
  ///
  /// Throws ``FindingError/layout(reference:candidate:layers:)`` with the layers that differ.
  static func check(_ candidate: Model, against reference: Model) throws(FindingError) {
    let known = Set(reference.network.deployedPrograms.flatMap(\.steps))
    let found = candidate.network.deployedPrograms.flatMap(\.steps)
    let mine = Set(found)
    let differing =
      found.filter { !known.contains($0) }
      + reference.network.deployedPrograms.flatMap(\.steps).filter { !mine.contains($0) }
    guard differing.isEmpty else {
      var seen: Set<String> = []
      throw .layout(
        reference: reference.path, candidate: candidate.path,
        layers: differing.map(\.name).filter { seen.insert($0).inserted })
    }
  }
}
