import Foundation
import TestSupport

/// The files beside these tests.
enum Fixture: FixtureFolder {
  static let bundle = Bundle.module
}
