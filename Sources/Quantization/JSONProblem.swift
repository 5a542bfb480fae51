import Foundation

/// Something in JSON that is not what was expected.
struct JSONProblem: Error {
  /// Where it is.
  let path: [any CodingKey]
  /// What was expected there.
  let expected: String

  init(_ path: [any CodingKey], expected: String) {
    self.path = path
    self.expected = expected
  }

  init<Key>(_ container: KeyedDecodingContainer<Key>, _ key: Key, expected: String) {
    self.init(container.codingPath + [key], expected: expected)
  }

  /// The place as `programs.decode['Decoder.relu'].histogram.counts[3]`.
  var place: String {
    path.reduce("") { place, key in
      if let index = key.intValue { return "\(place)[\(index)]" }
      let name = key.stringValue
      let isWord = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      if !isWord { return "\(place)['\(name)']" }
      return place.isEmpty ? name : "\(place).\(name)"
    }
  }

  /// What `data` has there.
  func found(in data: Data) -> String {
    var value: Any? = try? JSONSerialization.jsonObject(with: data)
    for key in path {
      if let index = key.intValue, let array = value as? [Any] {
        value = index < array.count ? array[index] : nil
      } else {
        value = (value as? [String: Any])?[key.stringValue]
      }
    }
    switch value {
    case nil: return "none"
    case let text as String: return "'\(text)'"
    case let array as [Any]: return "an array of \(array.count)"
    case is [String: Any]: return "an object"
    case is NSNull: return "null"
    case let value?: return "\(value)"
    }
  }
}

extension Decoder {
  /// The container of an object all of whose keys are cases of `Key`. Throws ``JSONProblem``.
  func closedContainer<Key: CodingKey & CaseIterable>(
    keyedBy type: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    let names = Key.allCases.map(\.stringValue)
    do {
      let keys = try container(keyedBy: AnyKey.self).allKeys
      if let key = keys.first(where: { !names.contains($0.stringValue) }) {
        throw JSONProblem(
          codingPath + [key], expected: "no key but \(names.joined(separator: ", "))")
      }
      return try container(keyedBy: type)
    } catch let error as DecodingError {
      throw JSONProblem(error.path, expected: "an object")
    }
  }
}

extension KeyedDecodingContainer {
  /// The value of `key`, which must be there. Throws ``JSONProblem`` that expects `expected`.
  func decode<Value: Decodable>(_ key: Key, as expected: String) throws -> Value {
    try expecting(expected, at: codingPath + [key]) { try decode(Value.self, forKey: key) }
  }

  /// The elements of `key`, an array of `most` times what `expected` says or fewer. Throws
  /// ``JSONProblem``.
  func decodeElements<Value: Decodable>(
    _ key: Key, as expected: String, atMost most: Int = .max
  ) throws -> [Value] {
    var values: [Value] = []
    var elements = try expecting("an array", at: codingPath + [key]) {
      try nestedUnkeyedContainer(forKey: key)
    }
    guard elements.count.map({ $0 <= most }) ?? true else {
      throw JSONProblem(codingPath + [key], expected: "at most \(most) elements")
    }
    while !elements.isAtEnd {
      let index = elements.currentIndex
      values.append(
        try expecting(expected, at: codingPath + [key, AnyKey(index: index)]) {
          try elements.decode(Value.self)
        })
    }
    return values
  }

  // Foundation says where it missed something, but not where a number is none of its type's.
  private func expecting<Result>(
    _ expected: String, at place: @autoclosure () -> [any CodingKey], _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let problem as JSONProblem {
      throw problem
    } catch {
      throw JSONProblem((error as? DecodingError)?.path ?? place(), expected: expected)
    }
  }
}

extension DecodingError {
  /// Where the problem is.
  fileprivate var path: [any CodingKey] {
    switch self {
    case .keyNotFound(let key, let context): context.codingPath + [key]
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      context.codingPath
    @unknown default: []
    }
  }

  /// Why text is not JSON.
  var reason: String {
    guard case .dataCorrupted(let context) = self else { return "\(self)" }
    let cause = (context.underlyingError as? NSError)?.userInfo["NSDebugDescription"] as? String
    return cause ?? context.debugDescription
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }

  init?(intValue: Int) { self.init(index: intValue) }

  init(index: Int) { (stringValue, intValue) = ("\(index)", index) }
}
