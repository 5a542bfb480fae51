// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A floor of the suite; it imports only floors named before it.
func floor(_ name: String, on dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one floor.
func tests(
  _ name: String, on dependencies: [Target.Dependency], fixtures: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: fixtures ? [.copy("Fixtures")] : [],
    swiftSettings: settings)
}

let package = Package(
  name: "stm-tools",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")
  ],
  targets: [
    floor("Files"),
    floor("Tensors", on: ["Files"]),
    floor("Networks", on: ["Files", "Tensors"]),
    floor("Safetensors", on: ["Files", "Tensors"]),
    floor("STMModel", on: ["Files", "Tensors", "Networks"]),
    floor("Quantization", on: ["Files", "Tensors", "Networks"]),
    floor("Execution", on: ["Files", "Tensors", "Networks", "Quantization"]),
    floor(
      "Models",
      on: [
        "Files", "Tensors", "Safetensors", "Networks", "STMModel", "Quantization", "Execution",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),

    .systemLibrary(name: "COneDNN"),
    floor(
      "OneDNNBackend",
      on: ["Files", "Tensors", "Networks", "Quantization", "Execution", "COneDNN"]),

    tests("STMModelTests", on: ["STMModel", "Networks", "Tensors"], fixtures: true),
    tests("NetworksTests", on: ["Networks"]),
    tests(
      "OneDNNBackendTests",
      on: [
        "OneDNNBackend", "Execution", "Files", "Networks", "Quantization", "STMModel", "Tensors",
      ]),
  ]
)
