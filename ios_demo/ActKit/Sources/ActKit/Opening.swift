import Foundation

/// A runtime that loads the artefacts of one target.
public protocol Runtime: Sendable {
    /// As a user knows it.
    var name: String { get }

    /// The manifests' `target` that it takes.
    var target: String { get }

    /// Load an artefact.
    ///
    /// - Throws: `Refused` if the runtime cannot.
    func open(_ artefact: URL, _ manifest: Manifest) async throws -> any StepModel
}

/// A model that has shown here that it computes what it should.
public struct Opened: Sendable {
    public let manifest: Manifest
    public let model: any StepModel
}

/// Opens models: checked against their manifest's hash, then against their golden bundle.
public enum Opening {
    /// Open the model beside a manifest.
    ///
    /// - Throws: `Refused` if its files do not fit, the runtime does not take it, or its answers are wrong.
    public static func open(_ manifestFile: URL, _ runtimes: [any Runtime]) async throws -> Opened {
        fatalError("to come")
    }

    /// The same with a manifest that has been read, and one runtime.
    public static func open(
        _ manifest: Manifest, _ manifestFile: URL, _ runtime: any Runtime
    ) async throws -> Opened {
        fatalError("to come")
    }

    /// sha256 of a file; of a folder, over its files' names and contents in order of name.
    public static func digest(_ artefact: URL) throws -> String { fatalError("to come") }
}
