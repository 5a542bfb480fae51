import STMModel

/// What is wrong with settings.
struct ProblemList {
  /// A line for each problem.
  var all: [String] = []

  /// Notes where `value`, called `name`, is outside `range` or no number.
  mutating func expect<Value: Comparable>(
    _ name: String, _ value: Value, in range: ClosedRange<Value>
  ) {
    guard !range.contains(value) else { return }
    all.append("\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
  }

  /// Notes where an end of `values`, called `name`, is outside `range`.
  mutating func expect(
    _ name: String, _ values: ClosedRange<Double>, in range: ClosedRange<Double>
  ) {
    expect("least \(name)", values.lowerBound, in: range)
    expect("largest \(name)", values.upperBound, in: range)
  }

  /// Throws ``TrainingClipsError/settings(_:)`` where there is a problem.
  func check() throws(TrainingClipsError) {
    guard all.isEmpty else { throw .settings(all) }
  }
}

/// Throws ``TrainingClipsError/size(height:width:)`` where the network does not take such frames.
func checkSize(height: Int, width: Int) throws(TrainingClipsError) {
  guard [height, width].allSatisfy({ $0 > 0 && $0.isMultiple(of: STMConfiguration.alignment) })
  else { throw .size(height: height, width: width) }
}
