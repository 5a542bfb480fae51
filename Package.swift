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

/// A C library of the system, found by pkg-config; `package` is Debian's name for its headers.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A door to a C library that Swift cannot call directly.
func door(
  _ name: String, on dependencies: [Target.Dependency], settings: [CSetting] = [],
  linking libraries: [LinkerSetting] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, cSettings: [.treatAllWarnings(as: .error)] + settings,
    linkerSettings: libraries)
}

/// A floor of the suite; it imports only floors named before it.
func floor(
  _ name: String, on dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// A command-line tool.
func tool(_ name: String, on dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + ["CommandSupport", "Reports", argumentParser],
    swiftSettings: settings)
}

/// Tests, which `TestSupport` helps; `fixtures` are files beside them.
func tests(
  _ name: String, on dependencies: [Target.Dependency], fixtures: Bool = false
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"],
    resources: fixtures ? [.copy("Fixtures")] : [], swiftSettings: settings)
}

/// The tests of one floor, which need other floors, too.
func tests(
  of floor: String, on dependencies: [Target.Dependency] = [], fixtures: Bool = false
) -> Target {
  tests("\(floor)Tests", on: [.byName(name: floor)] + dependencies, fixtures: fixtures)
}

let package = Package(
  name: "stm-tools",
  products: [
    .library(
      name: "STM", targets: ["STM", "Segmentation", "Execution", "Images", "Tensors", "Files"]),
    .library(
      name: "WeightFiles",
      targets: ["WeightFiles", "Mapping", "Quantization", "Images", "Tensors", "Files"]),
  ],
  traits: [
    .trait(
      name: "FFmpeg",
      description: "Clips may be video files, which FFmpeg's libraries (5.1 or later) decode."),
    .trait(
      name: "MPI",
      description: "Several processes, on one machine or many, share work through OpenMPI."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/ordo-one/TextTable", from: "0.0.2"),
  ],
  targets: [
    library("CProtobufC", pkgConfig: "libprotobuf-c", package: "libprotobuf-c-dev"),
    library("CHDF5", pkgConfig: "hdf5", package: "libhdf5-dev"),
    library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
    library("COpenSSL", pkgConfig: "libcrypto", package: "libssl-dev"),
    library("LibPNG", pkgConfig: "libpng", package: "libpng-dev"),
    library("LibJPEG", pkgConfig: "libjpeg", package: "libjpeg62-turbo-dev"),
    library("LibSeccomp", pkgConfig: "libseccomp", package: "libseccomp-dev"),
    library("LibFFmpeg", pkgConfig: "libavformat", package: "libavformat-dev libswscale-dev"),
    library("LibOpenMPI", pkgConfig: "ompi-c", package: "libopenmpi-dev"),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    door("COnnxSchema", on: ["CProtobufC"]),
    door("CPNG", on: ["LibPNG"]),
    door("CSandbox", on: []),
    door("CJPEG", on: ["LibJPEG"]),
    door(
      "CFFmpeg", on: [.target(name: "LibFFmpeg", condition: .when(traits: ["FFmpeg"]))],
      settings: [.define("FFMPEG", .when(traits: ["FFmpeg"]))],
      linking: ["avcodec", "avutil", "swscale"].map { name in
        .linkedLibrary(name, .when(traits: ["FFmpeg"]))
      }),
    door(
      "COpenMPI", on: [.target(name: "LibOpenMPI", condition: .when(traits: ["MPI"]))],
      settings: [.define("OPENMPI", .when(traits: ["MPI"]))]),

    floor("Files", on: ["COpenSSL"]),
    floor("Cluster", on: ["COpenMPI", "Files"]),
    floor("Isolation", on: ["CSandbox", "LibSeccomp", "Files"]),
    floor("Tensors", on: ["Files"]),
    floor("Networks", on: ["Files", "Tensors"]),
    floor("OnnxFiles", on: ["COnnxSchema", "Files", "Tensors", "Networks"]),
    floor("Safetensors", on: ["Files", "Tensors"]),
    floor("HDF5Files", on: ["CHDF5", "Files", "Isolation", "Tensors"]),
    floor("ZipFiles", on: ["CZlib", "Files"]),
    floor("KerasFiles", on: ["HDF5Files", "ZipFiles", "Networks", "Files", "Tensors"]),
    floor("NumpyFiles", on: ["ZipFiles", "Files", "Tensors"]),
    floor("PyTorchFiles", on: ["ZipFiles", "Files", "Tensors"]),
    floor("Images", on: ["CPNG", "CJPEG", "Files"]),
    floor("VideoFiles", on: ["CFFmpeg", "Files", "Images"]),
    floor("STMModel", on: ["Files", "Tensors", "Networks"]),
    floor("Quantization", on: ["Files", "Tensors", "Networks"]),
    floor("Execution", on: ["Files", "Tensors", "Networks", "Quantization"]),
    floor(
      "Differentiation", on: ["Tensors", "Networks", "Quantization", "Execution"]),
    floor(
      "OneDNNBackend",
      on: [
        "COneDNN", "Files", "Tensors", "Networks", "Quantization", "Execution", "Differentiation",
      ]),
    floor(
      "OnnxExecution", on: ["Files", "Tensors", "Networks", "OnnxFiles", "Execution"]),
    floor(
      "Models",
      on: [
        "Files", "Tensors", "Safetensors", "Networks", "STMModel", "Quantization", "Execution",
      ]),
    floor(
      "OnnxExport",
      on: [
        "Files", "Tensors", "Networks", "OnnxFiles", "STMModel", "Quantization", "Execution",
        "Models",
      ]),
    floor(
      "WeightFiles",
      on: [
        "Files", "Tensors", "OnnxFiles", "HDF5Files", "ZipFiles", "KerasFiles", "NumpyFiles",
        "PyTorchFiles", "Safetensors",
      ]),
    floor(
      "Mapping",
      on: [
        "Files", "Tensors", "Networks", "KerasFiles", "OnnxFiles", "STMModel", "WeightFiles",
        .product(name: "Yams", package: "Yams"),
      ]),
    floor(
      "Segmentation",
      on: [
        "Files", "Tensors", "Images", "VideoFiles", "Networks", "STMModel", "Execution", "Models",
      ]),
    floor(
      "STM",
      on: [
        "Files", "Tensors", "Safetensors", "Images", "Quantization", "STMModel", "Execution",
        "OneDNNBackend", "Models", "Segmentation",
      ]),
    floor("Evaluation", on: ["Cluster", "Files", "Images", "Segmentation"]),
    floor(
      "Training",
      on: [
        "Files", "Cluster", "Tensors", "Safetensors", "Networks", "STMModel", "Quantization",
        "Execution", "Differentiation", "Models", "Segmentation",
      ]),
    floor(
      "TrainingClips",
      on: [
        "Files", "Tensors", "Images", "STMModel", "Segmentation", "Evaluation", "Training",
      ]),
    floor(
      "Verification",
      on: [
        "Files", "Tensors", "Networks", "OnnxFiles", "HDF5Files", "STMModel", "Quantization",
        "Execution", "OnnxExecution", "Models", "WeightFiles", "Mapping", "Segmentation",
        "Evaluation",
      ]),
    floor(
      "Tuning",
      on: [
        "Files", "Tensors", "Networks", "STMModel", "Quantization", "Execution", "Models",
        "Segmentation", "Evaluation", "Verification",
      ]),
    floor(
      "Finding",
      on: [
        "Files", "Tensors", "Safetensors", "Networks", "STMModel", "Quantization", "Execution",
        "Models", "Segmentation", "Verification", "Tuning",
      ]),
    floor(
      "Reports",
      on: [
        "Files", "Tensors", "Networks", "OnnxFiles", "STMModel", "Models", "OnnxExport",
        "WeightFiles", "Mapping", "Quantization", "Evaluation", "Training", "Verification",
        "Tuning", "Finding", .product(name: "TextTable", package: "TextTable"),
      ]),
    floor(
      "Pages",
      on: [
        "Files", "Images", "STMModel", "Segmentation", "Quantization", "Models", "Evaluation",
        "Training", "Verification", "Tuning", "Reports",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [
        .embedInCode("Templates/clip.mustache"), .embedInCode("Templates/evaluation.mustache"),
        .embedInCode("Templates/training.mustache"), .embedInCode("Templates/page.css"),
        .embedInCode("Templates/page.js"),
      ]),
    floor(
      "CommandSupport",
      on: [
        "Files", "Cluster", "Isolation", "Networks", "HDF5Files", "STMModel", "Quantization",
        "Execution", "OneDNNBackend", "WeightFiles", "Mapping", "Segmentation", "Verification",
        argumentParser,
      ]),
    tool(
      "stm-convert",
      on: [
        "Files", "Tensors", "Networks", "OnnxFiles", "OnnxExport", "Safetensors", "WeightFiles",
        "Models", "Mapping", "Verification",
      ]),
    tool(
      "stm-quantize",
      on: [
        "Files", "Cluster", "Tensors", "Safetensors", "Networks", "STMModel", "Quantization",
        "Models", "Segmentation", "Tuning",
      ]),
    tool(
      "stm-verify",
      on: [
        "Files", "Cluster", "Tensors", "Safetensors", "Networks", "Execution", "Quantization",
        "STMModel", "WeightFiles", "Models", "Mapping", "Segmentation", "Verification", "Finding",
        "Pages",
      ]),
    tool(
      "stm-segment",
      on: [
        "Files", "Images", "Models", "NumpyFiles", "STM", "Segmentation", "Tensors",
      ]),
    tool("stm-evaluate", on: ["Files", "Cluster", "Evaluation", "Pages"]),
    tool(
      "stm-train",
      on: [
        "Files", "Cluster", "Tensors", "Safetensors", "Networks", "STMModel", "Quantization",
        "Execution", "Differentiation", "OneDNNBackend", "Images", "WeightFiles", "Models",
        "Mapping", "STM", "Segmentation", "Evaluation", "Training", "TrainingClips", "Pages",
      ]),

    .executableTarget(
      name: "stm-example", dependencies: ["Files", "Images", "STM", "Segmentation"],
      path: "Tests/Example", exclude: ["Package.swift"], swiftSettings: settings),
    .target(
      name: "TestSupport",
      dependencies: [
        "Cluster", "Mapping", "Models", "Networks", "Quantization", "STMModel", "Tensors",
        "WeightFiles",
      ],
      path: "Tests/TestSupport", swiftSettings: settings),
    .executableTarget(
      name: "stm-sandbox-probe", dependencies: ["Files", "HDF5Files", "Isolation", "Tensors"],
      path: "Tests/SandboxProbe", swiftSettings: settings),
    .executableTarget(
      name: "stm-cluster-probe", dependencies: ["Cluster", "Files"], path: "Tests/ClusterProbe",
      swiftSettings: settings),
    tests(of: "Files"),
    tests(of: "Cluster", on: ["Files", "stm-cluster-probe"]),
    tests(of: "Isolation", on: ["Files", "stm-sandbox-probe"]),
    tests(of: "Tensors", on: ["Files"]),
    tests(of: "Safetensors", on: ["Files", "Tensors"], fixtures: true),
    tests(of: "Networks", on: ["Tensors"]),
    tests(of: "OnnxFiles", on: ["Files", "Networks", "Safetensors", "Tensors"], fixtures: true),
    tests(
      of: "HDF5Files",
      on: ["CHDF5", "Files", "Isolation", "Safetensors", "Tensors", "stm-sandbox-probe"],
      fixtures: true),
    tests(of: "ZipFiles", on: ["Files"], fixtures: true),
    tests(of: "KerasFiles", on: ["Networks", "Files", "Tensors"], fixtures: true),
    tests(of: "NumpyFiles", on: ["ZipFiles", "Files", "Tensors"], fixtures: true),
    tests(of: "PyTorchFiles", on: ["ZipFiles", "Files", "Safetensors", "Tensors"], fixtures: true),
    tests(of: "Images", on: ["Files"], fixtures: true),
    tests(of: "VideoFiles", on: ["Files", "Images"], fixtures: true),
    tests(of: "STMModel", on: ["Networks", "Tensors", "WeightFiles"], fixtures: true),
    tests(
      of: "Quantization",
      on: ["Files", "Networks", "STMModel", "Tensors", "WeightFiles"], fixtures: true),
    tests(
      of: "Execution",
      on: ["Networks", "Quantization", "Safetensors", "STMModel", "Tensors"], fixtures: true),
    tests(
      of: "Differentiation",
      on: ["Execution", "Networks", "Quantization", "Safetensors", "STMModel", "Tensors"],
      fixtures: true),
    tests(
      of: "OnnxExecution",
      on: ["Execution", "OneDNNBackend", "OnnxFiles", "Safetensors", "Tensors"], fixtures: true),
    tests(of: "Models", on: ["Networks", "Quantization", "STMModel", "Safetensors", "Tensors"]),
    tests(
      of: "OnnxExport",
      on: [
        "Execution", "Files", "Mapping", "Models", "Networks", "OnnxExecution", "OnnxFiles",
        "Quantization", "STMModel", "Tensors", "Verification", "WeightFiles",
      ]),
    tests(
      of: "WeightFiles",
      on: ["Files", "HDF5Files", "Networks", "OnnxFiles", "Safetensors", "Tensors"],
      fixtures: true),
    tests(
      of: "Mapping",
      on: [
        "Files", "Models", "Networks", "Quantization", "Safetensors", "STMModel", "Tensors",
        "WeightFiles",
      ], fixtures: true),
    tests(
      of: "Segmentation",
      on: [
        "Execution", "Files", "Tensors", "Images", "Models", "Quantization", "STMModel",
        "Safetensors",
      ], fixtures: true),
    tests(
      of: "STM",
      on: [
        "Execution", "Files", "Images", "Models", "OneDNNBackend", "Quantization", "Safetensors",
        "Segmentation", "STMModel", "Tensors", "Tuning",
      ], fixtures: true),
    tests(
      of: "Pages",
      on: [
        "Evaluation", "Images", "Models", "Networks", "OneDNNBackend", "Quantization", "Reports",
        "STMModel", "Segmentation", "Tensors", "Training", "Verification",
      ]),
    tests(of: "Evaluation", on: ["Files", "Images", "Segmentation"], fixtures: true),
    tests(
      of: "TrainingClips",
      on: ["Files", "Images", "Segmentation", "Tensors", "Training"], fixtures: true),
    tests(
      of: "Verification",
      on: [
        "Execution", "Mapping", "Models", "Networks", "OnnxExecution", "OneDNNBackend",
        "Quantization", "STMModel", "Segmentation", "Tensors", "Tuning", "WeightFiles",
      ], fixtures: true),
    tests(
      of: "Training",
      on: [
        "Cluster", "Differentiation", "Execution", "Files", "Models", "Networks", "Quantization",
        "STMModel", "Safetensors", "Segmentation", "Tensors",
      ], fixtures: true),
    tests(
      of: "Tuning",
      on: [
        "Execution", "Files", "Models", "Networks", "Quantization", "STMModel", "Segmentation",
        "Tensors",
      ]),
    tests(
      of: "Finding",
      on: [
        "Execution", "Files", "Models", "Networks", "OneDNNBackend", "Quantization", "STMModel",
        "Segmentation", "Tensors", "Tuning", "Verification",
      ]),
    tests(
      of: "OneDNNBackend",
      on: [
        "Differentiation", "Execution", "Files", "Networks", "Quantization", "STMModel", "Tensors",
      ]),
    tests(
      "HostileInputTests",
      on: [
        "CZlib", "Files", "HDF5Files", "Images", "KerasFiles", "Mapping", "Models", "NumpyFiles",
        "OnnxFiles", "PyTorchFiles", "Quantization", "Reports", "Safetensors", "Tensors",
        "ZipFiles",
      ], fixtures: true),
    tests(of: "CommandSupport", on: [argumentParser]),
    tests(
      "CommandTests",
      on: [
        "Images", "Networks", "NumpyFiles", "Safetensors", "STMModel", "Tensors", "stm-convert",
        "stm-evaluate", "stm-example", "stm-quantize", "stm-segment", "stm-train", "stm-verify",
      ]),
  ]
)
