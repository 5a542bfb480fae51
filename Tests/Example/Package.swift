// swift-tools-version: 6.2
import PackageDescription

// How a package outside this repository depends on the library; there, with a URL and a version in
// place of the path.
let package = Package(
  name: "stm-example",
  dependencies: [.package(name: "stm-tools", path: "../..")],
  targets: [
    .executableTarget(
      name: "stm-example", dependencies: [.product(name: "STM", package: "stm-tools")], path: ".",
      sources: ["Example.swift"])
  ]
)
