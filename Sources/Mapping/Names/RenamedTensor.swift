/// A tensor under the name that conventions make of its own.
struct RenamedTensor: Sendable {
  let tensor: SourceTensor
  /// The name after all conventions.
  let name: String
  /// The conventions that changed it, in order.
  let conventions: [String]

  /// Applies every convention to the name of `tensor`.
  init(_ tensor: SourceTensor) {
    var name = tensor.name
    var conventions: [String] = []
    for convention in Convention.all {
      while let rewritten = convention.rules.lazy.compactMap({ $0(name) }).first {
        name = String(rewritten.drop { $0 == "." })
        if conventions.last != convention.name { conventions.append(convention.name) }
        guard convention.repeats else { break }
      }
    }
    self.tensor = tensor
    self.name = name
    self.conventions = conventions
  }
}

extension RenamedTensor {
  /// Whether it is a kernel for frame, mask and others at once.
  var hasMergedStem: Bool { tensor.hasMergedStem }
}
