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

/// A C library of the system, found by pkg-config; `package` is Debian's name for its headers.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A door to a C library that Swift cannot call directly.
func door(_ name: String, on dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, cSettings: [.treatAllWarnings(as: .error)])
}

let package = Package(
  name: "stm-tools",
  targets: [
    floor("Files"),
    floor("Tensors", on: ["Files"]),
    floor("Safetensors", on: ["Files", "Tensors"]),
    library("CProtobufC", pkgConfig: "libprotobuf-c", package: "libprotobuf-c-dev"),
    door("COnnxSchema", on: ["CProtobufC"]),
    floor("OnnxFiles", on: ["COnnxSchema", "Files", "Tensors"]),
    library("CHDF5", pkgConfig: "hdf5", package: "libhdf5-dev"),
    floor("HDF5Files", on: ["CHDF5", "Files", "Tensors"]),

    tests(
      "OnnxFilesTests", on: ["Files", "OnnxFiles", "Safetensors", "Tensors"], fixtures: true),
    tests("HDF5FilesTests", on: ["Files", "HDF5Files", "Safetensors", "Tensors"], fixtures: true),
  ]
)
