// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "Act",
    platforms: [.iOS(.v13), .macOS(.v11)],
    products: [.library(name: "Act", targets: ["Act"])],
    targets: [
        // The C sources as they are; what is beside them is not the package's.
        .target(
            name: "CAct",
            path: ".",
            exclude: [
                "bindings/kotlin", "bindings/swift/Sources", "fuzz", "test",
                "CMakeLists.txt", "CMakePresets.json", "README.md",
            ],
            publicHeadersPath: "bindings/swift/include",
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux, .android]))]
        ),
        .target(name: "Act", dependencies: ["CAct"], path: "bindings/swift/Sources"),
    ],
    // The newest that the compiler has: in mode 6 it checks what threads share.
    swiftLanguageVersions: [.v5, .version("6")],
    cLanguageStandard: .c99
)
