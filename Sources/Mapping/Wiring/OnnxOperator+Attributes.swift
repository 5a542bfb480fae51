import OnnxFiles

extension OnnxOperator {
  /// The operator as reports cite it: `Conv#17`.
  var label: String { "\(type)#\(index)" }

  /// The list of whole numbers called `attribute`, if there is one.
  func integers(_ attribute: String) -> [Int]? {
    if case .integers(let values)? = attributes[attribute] { values } else { nil }
  }

  /// The whole number called `attribute`, if there is one.
  func integer(_ attribute: String) -> Int? {
    if case .integer(let value)? = attributes[attribute] { value } else { nil }
  }

  /// The text called `attribute`, if there is one.
  func text(_ attribute: String) -> String? {
    if case .text(let value)? = attributes[attribute] { value } else { nil }
  }
}
