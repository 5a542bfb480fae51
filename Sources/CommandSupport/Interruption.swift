import Dispatch
import Foundation
import Synchronization

/// Whether somebody asked the tool to stop: Ctrl-C, or a request to terminate.
///
/// The first request is noted, for the work to end in order; a second one ends the tool at once.
public final class Interruption: Sendable {
  private static let signals = [SIGINT, SIGTERM]

  private let received = Atomic<Int32>(0)

  /// Listens from now on, until the tool ends.
  public init() {
    for number in Self.signals {
      _ = signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        received.store(number, ordering: .relaxed)
        _ = signal(number, SIG_DFL)
        withExtendedLifetime(source) {}
      }
      source.resume()
    }
  }

  /// The exit code of a tool that a signal stopped, once one came: 128 and its number.
  public var exitCode: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : 128 + number
  }
}
