import Files
import Foundation
import OnnxFiles
import Tensors
import TestSupport
import Testing

struct OnnxExternalDataTests {
  @Test(arguments: [
    ("good", "w", [1, 2]), ("short-form", "w", [7, 1]), ("to-the-end", "w", [2, 3]),
    ("constant", "c", [7, 1]),
  ])
  func `elements are lent from the file beside the model`(
    model: String, name: String, values: [Float]
  ) throws {
    let model = try OnnxFile.read(Fixture.path("external/\(model).onnx"))
    #expect(try model.weights[name]?.floats().values == values)
    #expect(model.dataFiles.map { $0.path.hasSuffix("/weights.bin") } == [true])
  }

  @Test(arguments: [
    ("no-location", "no location is given"),
    ("two-locations", "'location' is given twice"),
    ("unknown-key", "unknown key 'basepath'"),
    ("negative-offset", "offset: expected a number of bytes, found '-4'"),
    ("signed-offset", "offset: expected a number of bytes, found '+4'"),
    ("overflowing-offset", "offset: expected a number of bytes, found '9223372036854775808'"),
    (
      "huge-offset",
      "expected 8 bytes from byte 9223372036854775807 on, found a file of 16 bytes"
    ),
    ("past-the-end", "expected 8 bytes from byte 12 on, found a file of 16 bytes"),
    ("other-length", "length: expected 8 bytes, found 16"),
  ])
  func `a place that is none is refused`(name: String, reason: String) {
    let path = Fixture.path("external/\(name).onnx")
    let error = OnnxError.malformedTensor(
      path: path, tensor: "w", reason: "external data: \(reason)")
    #expect(throws: error) { try OnnxFile.read(path) }
  }

  @Test(arguments: [
    ("upwards", "../external/weights.bin", "it leads upwards"),
    ("absolute", "/etc/hostname", "it is absolute"),
    ("backslash", "sub\\weights.bin", "it holds a backslash or a null character"),
    ("no-name", "", "no file is named"),
  ])
  func `a way out of the folder is refused`(name: String, location: String, reason: String) {
    let path = Fixture.path("external/\(name).onnx")
    let place = Fixture.path("external") + "/" + location
    #expect(
      throws: OnnxError.externalFile(
        path: path, tensor: "w", .notContained(path: place, reason: reason))
    ) { try OnnxFile.read(path) }
  }

  @Test func `a data file that is not there is reported as missing`() throws {
    let path = Fixture.path("external/missing.onnx")
    let error = OnnxError.externalFile(
      path: path, tensor: "w", .notFound(path: Fixture.path("external/none.bin")))
    #expect(throws: error) { try OnnxFile.read(path) }
    #expect(error.fault == .missingInput)
  }

  @Test func `a data file that is a link is refused`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = folder.appending(path: "good.onnx").path
    let data = folder.appending(path: "weights.bin").path
    try FileManager.default.copyItem(atPath: Fixture.path("external/good.onnx"), toPath: model)
    try FileManager.default.createSymbolicLink(
      atPath: data, withDestinationPath: Fixture.path("external/weights.bin"))
    #expect(
      throws: OnnxError.externalFile(
        path: model, tensor: "w",
        .notContained(path: data, reason: "'weights.bin' is a symbolic link"))
    ) { try OnnxFile.read(model) }
    let root = Fixture.path("external")
    let read = try OnnxFile.read(model, dataRoot: root)
    #expect(read.dataFiles.map(\.path) == [root + "/weights.bin"])
    #expect(try read.weights["w"]?.floats().values == [1, 2])
  }

  @Test func `a way out of the folder that is named for data files is refused`() {
    let path = Fixture.path("external/upwards.onnx")
    let place = Fixture.path("refused") + "/../external/weights.bin"
    #expect(
      throws: OnnxError.externalFile(
        path: path, tensor: "w", .notContained(path: place, reason: "it leads upwards"))
    ) { try OnnxFile.read(path, dataRoot: Fixture.path("refused")) }
  }
}
