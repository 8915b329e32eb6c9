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
    private static let mostFiles = 4096
    private static let deepest = 16

    /// Open the model beside a manifest.
    ///
    /// - Throws: `Refused` if its files do not fit, the runtime does not take it, or its answers are wrong.
    public static func open(_ manifestFile: URL, _ runtimes: [any Runtime]) async throws -> Opened {
        let manifest = try Manifest.read(manifestFile)
        guard let runtime = runtimes.first(where: { $0.target == manifest.target }) else {
            throw Refused(
                "\(manifest.artefact): no runtime here takes a model for \(oneLine(manifest.target))"
            )
        }
        return try await open(manifest, manifestFile, runtime)
    }

    /// The same with a manifest that has been read, and one runtime.
    public static func open(
        _ manifest: Manifest, _ manifestFile: URL, _ runtime: any Runtime
    ) async throws -> Opened {
        let (name, beside) = (manifest.artefact, manifestFile.lastPathComponent)
        if runtime.target != manifest.target {
            throw Refused(
                "\(name): \(runtime.name) takes no model for \(oneLine(manifest.target))")
        }
        let folder = manifestFile.deletingLastPathComponent()
        let artefact = folder.appendingPathComponent(name)
        if Files.kind(of: artefact) == nil {
            throw Refused("\(name): missing: it belongs beside \(beside)")
        }
        if try digest(artefact) != manifest.sha256 {
            throw Refused("\(name): not the file that \(beside) is about: export the model again")
        }
        let bundle = folder.appendingPathComponent(manifest.name + Golden.suffix)
        let golden = try Golden.read(manifest, bundle)
        let model = try await runtime.open(artefact, manifest)
        var wrong: String?
        do {
            wrong = try await golden.check(model)
        } catch let error as Refused {
            wrong = error.message
        }
        if let wrong {
            throw Refused("\(name): wrong on this device with \(model.backend): \(wrong)")
        }
        return Opened(manifest: manifest, model: model)
    }

    /// sha256 of a file; of a folder, over its files' names and contents in order of name.
    ///
    /// - Throws: `Refused` if something in it is neither a regular file nor a folder of such.
    public static func digest(_ artefact: URL) throws -> String {
        guard Files.kind(of: artefact) == .typeDirectory else {
            return hex(try fileDigest(artefact))
        }
        var names: [[String]] = []
        try list(artefact, [], &names)
        names.sort {
            $0.lexicographicallyPrecedes($1) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        var total = Digest()
        for name in names {
            let path = name.joined(separator: "/")
            total.update(path.utf8)
            total.update([0])
            total.update(try fileDigest(artefact.appendingPathComponent(path)))
        }
        return hex(total.finished())
    }

    private static func list(_ folder: URL, _ path: [String], _ names: inout [[String]]) throws {
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw Refused("\(folder.lastPathComponent): cannot be read")
        }
        for entry in entries {
            let file = folder.appendingPathComponent(entry)
            if Files.kind(of: file) == .typeDirectory, path.count < deepest {
                try list(file, path + [entry], &names)
            } else {
                names.append(path + [entry])
            }
            if names.count > mostFiles {
                throw Refused("\(folder.lastPathComponent): more than \(mostFiles) files")
            }
        }
    }

    private static func fileDigest(_ file: URL) throws -> [UInt8] {
        var digest = Digest()
        do {
            try Files.read(file) { digest.update($0) }
        } catch {
            throw Refused("\(file.lastPathComponent): cannot be read (\(error.reason))")
        }
        return digest.finished()
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
