import Glibc
import Parsers

/// The parser that the environment variable `PARSER` names.
private let parser: Parser = {
  let name = unsafe getenv("PARSER").map { unsafe String(cString: $0) } ?? ""
  guard let parser = Parser.fuzzed.first(where: { $0.name == name }) else {
    fatalError("PARSER: expected one of \(Parser.fuzzed), found '\(name)'")
  }
  return parser
}()

/// The folder of the input, which the environment variable `FOLDER` names.
private let folder: String = {
  guard let folder = unsafe getenv("FOLDER").map({ unsafe String(cString: $0) }) else {
    fatalError("FOLDER: expected a folder for the input, found none")
  }
  let neighbour = Parser.neighbour
  unsafe put(neighbour.bytes, neighbour.bytes.count, into: "\(folder)/\(neighbour.name)")
  return folder
}()

private let path = "\(folder)/\(parser.fileName)"

private func put(_ start: UnsafeRawPointer?, _ count: Int, into path: String) {
  let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  let written = unsafe write(file, start, count)
  guard close(file) == 0, written == count else { fatalError("\(path): cannot be written to") }
}

/// Hands `count` bytes to the parser: they must be read, or refused with an error that names the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  unsafe put(start, count, into: path)
  if let problem = parser.problem(at: path) { fatalError(problem) }
  return 0
}

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int, _ limit: Int) -> Int

/// libFuzzer's own mutations; after three of four the checksums fit again, so that what lies behind
/// them is reached too.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
  _ start: UnsafeMutablePointer<UInt8>?, _ count: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  let count = unsafe mutate(start, count, limit)
  if seed % 4 != 0 {
    unsafe parser.repairChecksums(in: UnsafeMutableBufferPointer(start: start, count: count))
  }
  return count
}
