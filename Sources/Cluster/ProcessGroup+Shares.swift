import Files
import Foundation

extension ProcessGroup {
  /// Whether item number `index` of some work is this process's: items are dealt out like cards.
  public func owns(_ index: Int) -> Bool { index % count == rank }

  /// What `body` makes of `items`, in their order: each process calls it once with its own items, and
  /// is given the results of all. `body` must make one result of each item.
  ///
  /// Results go from process to process as JSON, in which every number stays what it is. Throws what
  /// ``together(_:)`` throws.
  public func share<Item, Output: Codable>(
    _ items: [Item], _ body: ([Item]) throws -> [Output]
  ) throws -> [Output] {
    let own = items.indices.filter(owns).map { items[$0] }
    let dealt = try together { () throws -> [Output] in
      let outputs = try body(own)
      precondition(outputs.count == own.count, "\(outputs.count) results of \(own.count) items")
      return outputs
    }
    return items.indices.map { dealt[$0 % count][$0 / count] }
  }

  /// What `body` makes in each process, in the order of their ranks.
  ///
  /// Throws ``ClusterError/share(rank:count:lines:fault:hint:)``, in all processes the same, where
  /// `body` throws in one of them: of several the first counts. Where there is one process, its own
  /// error is thrown. Throws what gathering throws.
  public func together<Output: Codable>(_ body: () throws -> Output) throws -> [Output] {
    guard count > 1 else { return [try body()] }
    let share = Share<Output>(body)
    let gathered = try gather(try share.bytes).enumerated().map { rank, bytes in
      do {
        return try Share<Output>(bytes: bytes)
      } catch {
        throw ClusterError.malformedShare(rank: rank, reason: "\(error)")
      }
    }
    return try gathered.enumerated().map { rank, share in
      switch share {
      case .done(let output): return output
      case .failed(let lines, let fault, let hint):
        throw ClusterError.share(
          rank: rank, count: count, lines: lines, fault: fault, hint: hint)
      }
    }
  }
}

/// What one process hands to the others.
private enum Share<Output: Codable>: Codable {
  case done(Output)
  case failed(lines: [String], fault: Fault, hint: String)

  /// What `body` makes, or why it does not.
  init(_ body: () throws -> Output) {
    do {
      self = .done(try body())
    } catch let error as any DiagnosticError {
      self = .failed(lines: error.lines, fault: error.fault, hint: error.hint)
    } catch {
      self = .failed(
        lines: ["\(error)"], fault: .internalDefect,
        hint: "this is a defect of the tool; please report it")
    }
  }

  /// What another process handed over. Throws what decoding throws.
  init(bytes: [UInt8]) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(Self.self, from: Data(bytes))
  }

  /// What is handed over. Throws what encoding throws.
  var bytes: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      return Array(try encoder.encode(self))
    }
  }
}
