// swift-tools-version:6.0
import PackageDescription

let engine: Target.Dependency = .product(name: "Act", package: "engine")

let package = Package(
    name: "ActKit",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "ActKit", targets: ["ActKit"]),
        .library(name: "ActKitNative", targets: ["ActKitNative"]),
        .library(name: "ActKitCoreML", targets: ["ActKitCoreML"]),
    ],
    dependencies: [.package(path: "../../native/engine")],
    targets: [
        .target(name: "ActKit"),
        .target(name: "ActKitNative", dependencies: ["ActKit", engine]),
        .target(name: "ActKitCoreML", dependencies: ["ActKit"]),
        .executableTarget(name: "act-benchmark", dependencies: ["ActKit", "ActKitNative"]),
        .testTarget(name: "ActKitTests", dependencies: ["ActKit", "ActKitNative"]),
    ]
)
