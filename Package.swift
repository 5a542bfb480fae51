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
func tests(_ name: String, on dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
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
    library("LibPNG", pkgConfig: "libpng", package: "libpng-dev"),
    library("LibJPEG", pkgConfig: "libjpeg", package: "libjpeg-dev"),
    library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
    door("CPNG", on: ["LibPNG"]),
    door("CJPEG", on: ["LibJPEG"]),
    floor("Images", on: ["CPNG", "CJPEG", "Files"]),
    floor("ZipFiles", on: ["CZlib", "Files"]),
    floor("NumpyFiles", on: ["Files", "Tensors", "ZipFiles"]),
    floor("Segmentation", on: ["Files", "Tensors", "Images"]),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "Files"], resources: [.copy("Fixtures")],
      swiftSettings: settings),
    .testTarget(
      name: "ZipFilesTests", dependencies: ["ZipFiles", "Files"], resources: [.copy("Fixtures")],
      swiftSettings: settings),
    .testTarget(
      name: "NumpyFilesTests", dependencies: ["NumpyFiles", "Files", "Tensors", "ZipFiles"],
      resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(
      name: "SegmentationTests", dependencies: ["Segmentation", "Files", "Tensors", "Images"],
      resources: [.copy("Fixtures")], swiftSettings: settings),
  ]
)
