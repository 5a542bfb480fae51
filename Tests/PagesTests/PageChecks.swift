import Foundation
import FoundationXML
import Testing

extension XMLDocument {
  /// Checks that every figure is the number or the word that `report`, a JSON text, has in its place;
  /// the places.
  func checkFigures(_ report: String) throws -> [String] {
    let json = try JSONDecoder().decode(JSONValue.self, from: Data(report.utf8))
    return try nodes(forXPath: "//*[@data-json]").map { node in
      let pointer = try #require(node.attribute("data-json"))
      let text = try #require(node.attribute("value") ?? node.attribute("data-value"))
      switch try #require(json[pointer], "\(pointer)") {
      case .number(let number): #expect(Double(text) == number, "\(pointer)")
      case .text(let found): #expect(text == found, "\(pointer)")
      default: Issue.record("\(pointer) is no number")
      }
      return pointer
    }
  }

  /// Checks that every id is unique, and every link leads to one; the ids.
  @discardableResult func checkLinks() throws -> Set<String> {
    let all = try nodes(forXPath: "//@id").compactMap(\.stringValue)
    let ids = Set(all)
    #expect(ids.count == all.count)
    for link in try nodes(forXPath: "//@href").compactMap(\.stringValue)
    where !link.hasPrefix("data:") {
      #expect(link.hasPrefix("#") && ids.contains(String(link.dropFirst())), "\(link)")
    }
    return ids
  }
}

extension XMLNode {
  /// The value of an attribute.
  func attribute(_ name: String) -> String? {
    try? nodes(forXPath: "@\(name)").first?.stringValue
  }
}
