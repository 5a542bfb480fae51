import Files
import Foundation
import Safetensors
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct WeightFileTests {
  @Test(
    arguments: [
      ("onnx/query.onnx", .onnx), ("hdf5/stm.h5", .hdf5), ("golden.safetensors", .safetensors),
    ] as [(String, WeightFormat)])
  func `a format is told by the contents, under any name`(
    name: String, format: WeightFormat
  ) throws {
    let original = SampleWeights.path(name)
    #expect(try WeightFile.format(of: original) == format)
    try ScratchFolder.with { folder in
      for disguise in ["weights", "weights.onnx", "weights.h5", "weights.npz"] {
        try FileManager.default.createSymbolicLink(
          atPath: folder.file(disguise), withDestinationPath: original)
        #expect(try WeightFile.format(of: folder.file(disguise)) == format)
      }
      let count = try WeightFile.read(original).weights.entries.count
      #expect(count > 0)
      #expect(try WeightFile.read(folder.file("weights.onnx")).weights.entries.count == count)
    }
  }

  @Test func `an array of NumPy is told by its magic`() throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
    let padded = Array((header + String(repeating: " ", count: 117 - header.count) + "\n").utf8)
    try ScratchFolder.with { folder in
      let path = try folder.write(
        [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + padded + [0, 0, 0x80, 0x3F],
        to: "a.safetensors")
      #expect(try WeightFile.format(of: path) == .npz)
      #expect(
        try WeightFile.read(path).weights.entries.map { try $0.tensor().floats().values } == [[1]])
    }
  }

  @Test func `an unknown file is named with its first bytes`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("GIF89a..and more".utf8), to: "a.onnx")
      let error = WeightFileError.unknownFormat(path: path, bytes: Array("GIF89a..".utf8))
      #expect(throws: error) { try WeightFile.read(path) }
      #expect(
        error.description
          == "\(path): expected an ONNX, HDF5, Keras, PyTorch, safetensors or NumPy file, found one that "
          + "starts with the bytes 47 49 46 38 39 61 2e 2e")
    }
  }

  @Test(arguments: [
    Array("model_checkpoint_path: \"model\"".utf8),
    [0, 1, 2, 0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB],
  ])
  func `a part of a TensorFlow checkpoint is called that`(bytes: [UInt8]) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(bytes, to: "model.index")
      #expect(throws: WeightFileError.tensorFlow(path: path)) { try WeightFile.read(path) }
    }
  }

  @Test func `an empty file is called empty`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([], to: "a.h5")
      let error = try #require(throws: WeightFileError.self) { try WeightFile.read(path) }
      #expect(error == .unknownFormat(path: path, bytes: []))
      #expect(error.description.hasSuffix("found an empty file"))
    }
  }

  @Test func `a missing file is reported as missing`() {
    #expect(throws: FileError.notFound(path: "nowhere")) { try WeightFile.read("nowhere") }
  }

  @Test func `a format that was asked for is not guessed`() throws {
    #expect(throws: SafetensorsError.self) {
      try WeightFile.read(SampleWeights.path("hdf5/stm.h5"), as: .safetensors)
    }
  }
}
