import Act
import ActKit
import Foundation

/// This project's own engine, of native/engine, as a C target.
public struct NativeEngine: Runtime {
    public let name = "Native engine"
    public let target = "native"

    public init() {}

    public func open(_ artefact: URL, _ manifest: Manifest) async throws -> any StepModel {
        fatalError("to come")
    }
}
