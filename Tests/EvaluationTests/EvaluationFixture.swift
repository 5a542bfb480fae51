import Evaluation
import Foundation
import Images
import Segmentation
import TestSupport
import Testing

/// Sequences of masks, and what NumPy, SciPy and scikit-image make of them
/// (`Fixtures/make_evaluation.py`).
struct EvaluationFixture: Decodable {
  struct Sequence: Decodable {
    let name: String
    let width: Int
    let truth: [String]
    let prediction: [String]
  }

  struct Object: Decodable {
    let sequence: String
    let id: UInt8
    /// J and F of each frame that counts.
    let frames: [[Double]]
    /// Mean, recall and decay.
    let region: [Double]
    let boundary: [Double]
  }

  struct Case: Decodable {
    let `protocol`: String
    let ignoresVoid: Bool
    let sequences: [String]
    let objects: [Object]
    let region: [Double]
    let boundary: [Double]
  }

  let sequences: [Sequence]
  let cases: [Case]

  static func read() throws -> EvaluationFixture {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/evaluation.json", ofType: nil))
    return try JSONDecoder().decode(
      EvaluationFixture.self, from: Data(contentsOf: URL(filePath: path)))
  }

  /// Writes the sequences' masks to the folders `truth` and `prediction` of `folder`.
  func write(to folder: ScratchFolder) throws {
    for sequence in sequences {
      for (side, masks) in [("truth", sequence.truth), ("prediction", sequence.prediction)] {
        for (index, digits) in masks.enumerated() {
          let values = digits.utf8.map { $0 == UInt8(ascii: "v") ? ObjectMask.void : $0 - 48 }
          try folder.writeMask(
            values, width: sequence.width,
            to: "\(side)/\(sequence.name)/\(String(format: "%05d", index)).png")
        }
      }
    }
  }
}

extension ScratchFolder {
  /// Writes an indexed mask and the folders that its `name` needs.
  func writeMask(_ values: [UInt8], width: Int, to name: String) throws {
    let path = file(name)
    try FileManager.default.createDirectory(
      at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try ImageFile.writeMask(
      MaskImage(
        size: ImageSize(width: width, height: values.count / width), values: values,
        palette: .objects), to: path)
  }

  /// Writes masks of one row as frames 00000, 00001 and so on of the folder `name`.
  func writeMasks(_ rows: [[UInt8]], to name: String) throws {
    for (index, row) in rows.enumerated() {
      try writeMask(row, width: row.count, to: "\(name)/0000\(index).png")
    }
  }

  /// Scores the folder `prediction` beside `truth`.
  func evaluate(
    _ rules: EvaluationProtocol, _ change: (inout EvaluationOptions) -> Void = { _ in }
  ) throws -> Evaluation {
    var options = EvaluationOptions(rules)
    change(&options)
    return try Evaluation(
      predictions: file("prediction"), truth: file("truth"), options: options)
  }
}
