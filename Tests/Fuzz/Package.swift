// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// A package of its own, so that what fuzzing needs of the compiler never reaches users. It is built
// by `make fuzz`, which adds the sanitizers; `Sources/Parsers` is shared with the tests.
let package = Package(
  name: "stm-fuzz",
  dependencies: [.package(name: "stm-tools", path: "../..")],
  targets: [
    .target(
      name: "Parsers", dependencies: [.product(name: "WeightFiles", package: "stm-tools")],
      swiftSettings: settings),
    .executableTarget(name: "replay", dependencies: ["Parsers"], swiftSettings: settings),
    .executableTarget(
      name: "fuzz", dependencies: ["Parsers"],
      swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]),
  ]
)
