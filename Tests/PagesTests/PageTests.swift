import Foundation
import FoundationXML
import Images
import Models
import OneDNNBackend
import Quantization
import Reports
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing
import Verification

@testable import Pages

/// Pages of a small network with invented weights, and of what was planted in it.
@Suite struct PageTests {
  /// A comparison with its page and its JSON report.
  struct Sample {
    let result: ClipVerification
    let html: String
    let report: String

    /// The page, which is XML as well.
    var page: XMLDocument {
      get throws { try XMLDocument(xmlString: html, options: []) }
    }
  }

  private static let backend = Result { try OneDNNBackend(threads: 2) }

  /// What is wrong with the candidate's `Decoder.convFM`.
  enum Defect {
    /// Its weights are so many times what they should be.
    case gain(Float)
    /// Its first channel, which holds next to nothing, is zero.
    case lostChannel
  }

  /// fp16 against fp32.
  private static func sample(
    frames: Int = 4, defect: Defect? = nil, names: (String) -> String = { $0 }, noise: Bool = false
  ) throws -> Sample {
    var sample: Sample?
    try ScratchFolder.with { folder in
      let network = STMNetwork(.tiny)
      let layer = "Decoder.convFM"
      func faint(_ name: String, _ weights: TensorArchive) throws -> (Int) -> Float? {
        let tensor = try weights.floats(name)
        let count = tensor.shape.elementCount / tensor.shape[0]
        return { $0 < count ? tensor.values[$0] * 0.005 : nil }
      }
      var weights = try TensorArchive.random(network.parameters, seed: 1)
      if case .lostChannel = defect {
        weights = try weights.changing([
          "\(layer).weight": try faint("\(layer).weight", weights),
          "\(layer).bias": try faint("\(layer).bias", weights),
        ])
      }
      let reference = try Model(
        network, precision: .float32, weights: weights,
        path: try folder.write(Array("reference".utf8), to: names("reference")))
      let plan = PrecisionPlan(.float16)
      let entries = try reference.quantized(by: plan).entries.map { entry in
        guard let defect, entry.name.hasPrefix("\(layer).") else { return entry }
        let tensor = try entry.tensor()
        var values = tensor.numbers(in: 0..<tensor.shape.elementCount).map { Float($0) }
        switch defect {
        case .gain(let gain):
          if entry.name.hasSuffix(".weight") { values = values.map { $0 * gain } }
        case .lostChannel:
          for index in 0..<values.count / tensor.shape[0] { values[index] = 0 }
        }
        return TensorArchive.Entry(
          name: entry.name,
          tensor: tensor.elementType == .float16
            ? Tensor(
              bitPatterns: values.map(\.binary16), elementType: .float16, shape: tensor.shape)
            : Tensor(FloatTensor(shape: tensor.shape, values: values)))
      }
      let provenance = Provenance(
        sources: [try Provenance.Source(path: reference.path)],
        settings: [
          names("setting"): "</script><script>alert(1)</script>",
          "evidence": "assumed 2, topology 280",
        ])
      let metadata = ModelMetadata(
        configuration: reference.configuration, plan: plan, provenance: provenance)
      let candidate = try Model(
        network, plan: plan,
        weights: try TensorArchive(entries, metadata: try metadata.entries),
        path: try folder.write(Array("candidate".utf8), to: names("candidate")))
      let path = folder.file(names("clip"))
      try writeClip(to: path, frames: frames, noise: noise)
      let clip = try Clip(path: path)
      let backend = try backend.get()
      let result = try ClipVerification(
        reference: reference, candidate: candidate, clip: clip, backends: (backend, backend),
        criteria: .standard(for: plan), keptPictures: ParityPage.pictureCount)
      let page = try ParityPage(
        result, arithmetic: "exact", reference: reference, candidate: candidate, clip: clip)
      let again = try ParityPage(
        result, arithmetic: "exact", reference: reference, candidate: candidate, clip: clip)
      #expect(page.html == again.html)
      sample = Sample(
        result: result, html: page.html,
        report: try ClipReport(
          result,
          of: ClipSubject(
            reference: try ClipSubject.Side(reference), candidate: try ClipSubject.Side(candidate),
            clip: clip), arithmetic: "exact"
        ).json)
    }
    return try #require(sample)
  }

  /// A square that moves over noise, or over a slope.
  private static func writeClip(to path: String, frames: Int, noise: Bool) throws {
    for folder in ["frames", "masks"] {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
    }
    var generator = SeededGenerator(seed: 7)
    let size = noise ? ImageSize(width: 64, height: 48) : ImageSize(width: 32, height: 32)
    for frame in 0..<frames {
      let name = "\(10000 + frame)"
      let pixels = (0..<size.pixelCount).flatMap { index -> [UInt8] in
        let isInside = (index % size.width + frame) % size.width < 12
        return (0..<3).map { channel in
          noise
            ? UInt8.random(in: 0...255, using: &generator)
            : isInside ? 230 : UInt8(index % size.width * 3 + channel * 9)
        }
      }
      try ImageFile.writeRGB(
        RGBImage(size: size, bytes: pixels), to: "\(path)/frames/\(name).png")
      let mask = (0..<size.pixelCount).map { index -> UInt8 in
        (index % size.width + frame) % size.width < 12 ? 1 : 0
      }
      try ImageFile.writeMask(
        MaskImage(size: size, values: mask, palette: .objects), to: "\(path)/masks/\(name).png")
    }
  }

  private static let honest = Result { try sample() }
  private static let gained = Result { try sample(defect: .gain(1.2)) }

  @Test func `every figure is the number that the JSON report has in its place`() throws {
    let sample = try Self.honest.get()
    let figures = try sample.page.checkFigures(sample.report)
    #expect(figures.count > 30 * sample.result.layers.count)
    for place in ["/iou/freeRunning", "/truth/reference/region", "/gates/0/found"] {
      #expect(sample.html.contains("data-json=\"\(place)\""))
    }
  }

  @Test func `the chart of the network is drawn from the report's numbers`() throws {
    let sample = try Self.honest.get()
    let (layers, page) = (sample.result.layers, try sample.page)
    let chart = try #require(
      try page.nodes(
        forXPath: "//*[@aria-labelledby='network-wide-title network-wide-text']"
      )
      .first as? XMLElement)
    func points(_ line: Int) throws -> [Double] {
      let path = try #require(
        try chart.nodes(forXPath: ".//*[@class='line line-\(line)']").first as? XMLElement)
      let text = try #require(path.attribute("d"))
      return text.split(whereSeparator: { "ML".contains($0) }).compactMap {
        $0.split(separator: " ").last.flatMap { Double($0) }
      }
    }
    for (line, values) in [
      (0, layers.map(\.isolated.total.sqnr)), (1, layers.map(\.accumulated.total.sqnr)),
      (3, layers.map(\.contributionSQNR)),
    ] {
      let drawn = try points(line)
      #expect(drawn.count == values.count)
      let finite = zip(values, drawn).filter { $0.0.isFinite }
      let (low, high) = try #require(
        finite.min { $0.0 < $1.0 }.flatMap { low in
          finite.max { $0.0 < $1.0 }.map { (low, $0) }
        })
      for (value, y) in finite {
        let expected = low.1 + (value - low.0) / (high.0 - low.0) * (high.1 - low.1)
        #expect(abs(y - expected) < 0.2)
      }
      #expect(low.1 > high.1)
    }
  }

  @Test func `every id is unique, and every link leads to one`() throws {
    let page = try Self.honest.get().page
    let ids = try page.checkLinks()
    #expect(ids.count > 100)
    for value in try page.nodes(forXPath: "//@aria-labelledby").compactMap(\.stringValue) {
      for id in value.split(separator: " ") { #expect(ids.contains(String(id))) }
    }
  }

  @Test func `nothing is asked of anywhere else`() throws {
    let html = try Self.honest.get().html
    let outside = html.replacing("http://www.w3.org/1999/xhtml", with: "")
    #expect(!outside.contains("http:") && !outside.contains("https:"))
    for word in ["<link rel=\"stylesheet", "@import", "url(", "src=\"", "fetch(", "XMLHttp"] {
      #expect(!html.contains(word), "\(word)")
    }
    #expect(html.contains("default-src 'none'"))
  }

  @Test func `tables have headers, drawings have names, and headings go down one by one`() throws {
    let page = try Self.honest.get().page
    for header in try page.nodes(forXPath: "//*[local-name()='th']") {
      #expect(header.attribute("scope") != nil)
    }
    for drawing in try page.nodes(forXPath: "//*[local-name()='svg']") {
      let element = try #require(drawing as? XMLElement)
      #expect(element.attribute("role") == "img")
      #expect(
        element.attribute("aria-labelledby") != nil
          || element.attribute("aria-label") != nil)
    }
    let levels = try page.nodes(
      forXPath: "//*[local-name()='h1' or local-name()='h2' or local-name()='h3']"
    ).compactMap { $0.name.flatMap { Int($0.dropFirst()) } }
    #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
    for (before, after) in zip(levels, levels.dropFirst()) { #expect(after <= before + 1) }
  }

  @Test func `a first cause is named, marked and linked`() throws {
    let sample = try Self.gained.get()
    let page = try sample.page
    let cause = try #require(sample.result.firstCause)
    let index = try #require(sample.result.layers.firstIndex { $0.name == cause.name })
    let heading = try #require(try page.nodes(forXPath: "//*[local-name()='h1']").first)
    #expect(heading.stringValue?.contains("The first error is born in \(cause.name)") == true)
    let link = try heading.nodes(forXPath: ".//@href").first?.stringValue
    #expect(link == "#layer-\(index)")
    #expect(sample.html.contains("first cause: \(cause.name)"))
    let rings = try page.nodes(forXPath: "//*[@class='wide']//*[@class='failed']")
    #expect(rings.count == sample.result.layers.count { !$0.passes })
  }

  @Test func `what a table calls isolated, contributed or accumulated is that of the report`()
    throws
  {
    let page = try Self.gained.get().page
    for (title, place) in [
      ("isolated dB", "isolatedSqnr"), ("accumulated dB", "sqnr"),
      ("contributed dB", "contributionSqnr"), ("tolerance", "tolerance"),
      ("would pass", "passingTolerance"),
    ] {
      let cells = try page.nodes(forXPath: "//*[@data-label='\(title)']//@data-json")
        .compactMap(\.stringValue)
      #expect(cells.count == 8 && cells.allSatisfy { $0.hasSuffix("/\(place)") }, "\(title)")
    }
    for (unit, place) in [
      ("isolated ", "isolatedSqnr"), ("accumulated ", "sqnr"), ("contributed ", "contributionSqnr"),
    ] {
      let figures = try page.nodes(
        forXPath: "//*[@class='unit'][.='\(unit)']/following-sibling::*/@data-json"
      ).compactMap(\.stringValue)
      #expect(figures.count == (try Self.gained.get().result.layers.count))
      #expect(figures.allSatisfy { $0.hasSuffix("/\(place)") }, "\(unit)")
    }
  }

  @Test func `the tolerance that would have passed is never above what would have`() throws {
    let sample = try Self.gained.get()
    let shown = try sample.page.nodes(forXPath: "//*[contains(@data-json,'/passingTolerance')]")
    let failed = try sample.page.nodes(forXPath: "//*[local-name()='p'][@class='fail']")
    #expect(failed.count == sample.result.layers.count { !$0.passes } && !failed.isEmpty)
    #expect(shown.count > 8)
    for node in shown {
      let exact = try #require(node.attribute("value").flatMap(Double.init))
      let text = try #require(node.stringValue).replacing("−", with: "-").replacing(
        "∞", with: "inf")
      let found = try #require(Double(text))
      #expect(found <= exact && (found > exact - 0.11 || found == exact), "\(text), \(exact)")
    }
  }

  @Test func `a layer that one channel failed has its ring above the tolerance, and says why`()
    throws
  {
    let sample = try Self.sample(frames: 2, defect: .lostChannel)
    let page = try sample.page
    let cause = try #require(sample.result.firstCause)
    #expect(cause.name == "Decoder.convFM" && cause.contributionSQNR > cause.tolerance)
    let index = try #require(sample.result.layers.firstIndex { $0.name == cause.name })
    let row = try #require(
      try page.nodes(forXPath: "//*[@id='gates']//*[local-name()='tr'][.//@href='#layer-\(index)']")
        .last)
    let cell = try #require(try row.nodes(forXPath: ".//*[@data-label='channel']").first)
    #expect(cell.stringValue == "#0 at 0.0")
    let passing = try #require(try row.nodes(forXPath: ".//*[@data-label='would pass']").first)
    #expect(passing.stringValue == "15.0")
    let sentence = try page.nodes(forXPath: "//*[@id='layer-\(index)']//*[@class='fail']").first
    #expect(
      sentence?.stringValue
        == "Within its tolerance but for one channel that stands out; 15.0 dB would have passed.")
    #expect(sample.html.contains("A ring above the tolerance is a layer that one channel failed"))
  }

  @Test func `cells that are cards on a phone have their column's title`() throws {
    let page = try Self.honest.get().page
    let tables = try page.nodes(forXPath: "//*[local-name()='table'][@class='cards']")
    #expect(tables.count == 2)
    for table in tables {
      let titles = try table.nodes(forXPath: "./*[local-name()='thead']//*[local-name()='th']")
        .compactMap(\.stringValue)
      for row in try table.nodes(forXPath: "./*[local-name()='tbody']/*") {
        let labels = try row.nodes(forXPath: "./*[local-name()='td']/@data-label")
          .compactMap(\.stringValue)
        #expect(["gate", "layer"].contains(titles.first) && labels == Array(titles.dropFirst()))
      }
    }
  }

  @Test func `the mapping's evidence stands in words where nothing hides it`() throws {
    let words = try Self.honest.get().page.nodes(
      forXPath: "//*[@id='evidence']/*[local-name()='p']"
    ).compactMap(\.stringValue)
    #expect(
      words.contains(
        "Mapping of 282 parameters: 280 by their place in the export’s graph, "
          + "2 assumed, since the export leaves them out."))
    #expect(MappingEvidence("name") == nil && MappingEvidence("") == nil)
    #expect(
      MappingEvidence("name 1")?.sentence == "Mapping of 1 parameter: 1 by its published name.")
  }

  @Test func `names of strangers stay text`() throws {
    let odd = "<script>alert(1)<%script> & \"\u{301}' ]]>".replacing("%", with: "\u{2215}")
    let sample = try Self.sample(frames: 2, names: { "\($0)\(odd)" })
    #expect(!sample.html.contains("<script>alert"))
    #expect(!sample.html.contains("\"\u{301}") && sample.html.contains("&quot;\u{301}"))
    let page = try sample.page
    let scripts = try page.nodes(forXPath: "//*[local-name()='script']")
    #expect(scripts.count == 1)
    let terms = try page.nodes(forXPath: "//*[local-name()='dd']").compactMap(\.stringValue)
    #expect(terms.contains("candidate\(odd)"))
    #expect(terms.contains("</script><script>alert(1)</script>"))
  }

  @Test func `of a long clip the worst frames are shown, and the page says so`() throws {
    let sample = try Self.sample(frames: 60, noise: true)
    let page = try sample.page
    let figures = try page.nodes(forXPath: "//*[contains(@class,'picture')]/@id")
      .compactMap(\.stringValue)
    #expect(figures.count == ParityPage.pictureCount)
    #expect(sample.html.contains("The 48 frames with the lowest IoU, of 59."))
    let shown = Set(figures.compactMap { Int($0.dropFirst("frame-".count)) })
    let frames = sample.result.frames
    let worstHidden = frames.filter { !shown.contains($0.index) }.map(\.freeRunningIoU).min() ?? 1
    #expect(
      frames.filter { shown.contains($0.index) }.allSatisfy { $0.freeRunningIoU <= worstHidden })
    #expect(sample.html.utf8.count < 5_000_000)
  }
}
