import Evaluation
import Foundation
import FoundationXML
import Images
import Reports
import TestSupport
import Testing

@testable import Pages

@Suite struct EvaluationPageTests {
  /// A page and the JSON report of two sequences, one of which has a name that is no markup.
  private func sample() throws -> (html: String, report: String) {
    var sample: (String, String)?
    try ScratchFolder.with { folder in
      for (name, late) in [("a", [1, 0, 2] as [UInt8]), ("<b>&\"", [0, 0, 1])] {
        for (side, last) in [("truth", late), ("prediction", [1, 1, 1])] {
          try FileManager.default.createDirectory(
            atPath: folder.file("\(side)/\(name)"), withIntermediateDirectories: true)
          for index in 0..<5 {
            try ImageFile.writeMask(
              MaskImage(
                size: ImageSize(width: 3, height: 1), values: index == 3 ? last : late,
                palette: .objects), to: folder.file("\(side)/\(name)/0000\(index).png"))
          }
        }
      }
      let evaluation = try Evaluation(
        predictions: folder.file("prediction"), truth: folder.file("truth"),
        options: EvaluationOptions(.davis2017))
      sample = (EvaluationPage(evaluation).html, try EvaluationReport(evaluation).json)
    }
    return try #require(sample)
  }

  @Test func `every figure of an evaluation is the report's, and every link leads somewhere`()
    throws
  {
    let (html, report) = try sample()
    let page = try XMLDocument(xmlString: html, options: [])
    #expect(Set(try page.checkFigures(report)).count == 7 * 5)
    try page.checkLinks()
  }

  @Test func `a sequence has curves of J and F, and of its objects where there are several`() throws
  {
    let page = try XMLDocument(xmlString: try sample().html, options: [])
    func lines(_ id: String) throws -> Int {
      try page.nodes(
        forXPath: "//*[@aria-labelledby='\(id)-title \(id)-text']//*[starts-with(@class, 'line ')]"
      ).count
    }
    for id in ["chart-sequence-1", "chart-sequence-1-1", "chart-sequence-1-2", "chart-sequence-0"] {
      #expect(try lines(id) == 2, "\(id)")
    }
    #expect(try page.nodes(forXPath: "//*[local-name()='details']").count == 1)
    #expect(try page.nodes(forXPath: "//*[local-name()='script']").isEmpty)
  }
}
