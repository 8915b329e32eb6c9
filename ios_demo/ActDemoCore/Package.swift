// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "ActDemoCore",
    defaultLocalization: "en",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "ActDemoCore", targets: ["ActDemoCore"])],
    dependencies: [.package(path: "../ActKit")],
    targets: [
        .target(name: "ActDemoCore", dependencies: ["ActKit"]),
        .testTarget(
            name: "ActDemoCoreTests",
            dependencies: [
                "ActDemoCore", "ActKit", .product(name: "ActKitNative", package: "ActKit"),
            ]),
    ]
)
