// swift-tools-version:6.0
import PackageDescription

let engine: Target.Dependency = .product(name: "Act", package: "engine")

let package = Package(
    name: "Consumer",
    dependencies: [.package(path: "../../../native/engine")],
    targets: [
        .executableTarget(name: "Alone", dependencies: [engine]),
        .testTarget(name: "EngineTests", dependencies: [engine]),
    ]
)
