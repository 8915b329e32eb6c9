import ActKit
import Foundation

/// Models that can be chosen: a folder each, with an artefact, its manifest and its golden bundle.
public struct Models: Sendable {
    /// One of them; `problem` says why it cannot be opened.
    public struct Entry: Sendable, Identifiable {
        public let folder: URL
        public let manifestFile: URL
        public let manifest: Manifest?
        public let problem: String?
        /// True if it can be deleted.
        public let isOwn: Bool

        public var id: String { folder.lastPathComponent }

        public var label: String {
            guard let manifest else { return id }
            return "\(id) · \(manifest.ponder), \(manifest.precision)"
        }
    }

    /// Bytes that the files of a model may have.
    public static let mostBytes = 512 << 20
    static let mostFiles = 4096
    private static let prefix = "own-"

    /// The models that the app brings.
    private let bundled: URL?
    /// Those that its user gave.
    private let own: URL

    public init(bundled: URL?, own: URL) {
        self.bundled = bundled
        self.own = own
    }

    public func entries() -> [Entry] {
        let brought = bundled.map(folders) ?? []
        return brought.map { entry($0, isOwn: false) } + folders(own).map { entry($0, isOwn: true) }
    }

    /// Copy the files of a model: all of them are kept, or none. One with the same artefact is replaced.
    ///
    /// - Parameters:
    ///   - given: its artefact, manifest and golden bundle, among others that are passed over; or their folder.
    ///   - targets: those that a runtime here takes.
    /// - Throws: `Refused` if one is missing, too large or of no use here.
    public func add(_ given: [URL], targets: Set<String>) throws -> Entry {
        let files = given.count == 1 ? inside(given[0]) ?? given : given
        let manifests = files.filter { $0.lastPathComponent.hasSuffix(Manifest.suffix) }
        guard manifests.count == 1 else {
            throw Refused(
                "choose one NAME\(Manifest.suffix) with its model and golden bundle, not \(manifests.count)"
            )
        }
        let manifest = try Manifest.read(manifests[0])
        guard targets.contains(manifest.target) else {
            throw Refused("\(manifest.artefact): this app runs models for \(targets.sorted())")
        }
        let names = [
            manifests[0].lastPathComponent, manifest.artefact, manifest.name + Golden.suffix,
        ]
        let aside = own.appendingPathComponent(".adding-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: aside) }
        try made(aside)
        var copy = BoundedCopy(mostFiles: Self.mostFiles, mostBytes: Self.mostBytes)
        for name in names {
            guard let file = files.first(where: { $0.lastPathComponent == name }) else {
                throw Refused("\(name): missing: choose it with \(names[0])")
            }
            try copy.copy(file, to: aside.appendingPathComponent(name))
        }
        let home = home(of: manifest)
        try move(aside, to: home)
        return entry(home, isOwn: true)
    }

    /// Move a folder to where another may be, which is deleted when the new one is there, not before.
    private func move(_ folder: URL, to home: URL) throws {
        let before = own.appendingPathComponent(".replaced-\(UUID().uuidString)")
        let isThere = (try? FileManager.default.moveItem(at: home, to: before)) != nil
        do {
            try FileManager.default.moveItem(at: folder, to: home)
        } catch {
            if isThere { try? FileManager.default.moveItem(at: before, to: home) }
            throw Refused("\(home.lastPathComponent): cannot be written")
        }
        if isThere { try? FileManager.default.removeItem(at: before) }
    }

    /// The folder for a model: that of the same artefact, or else the first of its name that is free.
    private func home(of manifest: Manifest) -> URL {
        let name = "\(Self.prefix)\(manifest.name)-\(manifest.target)"
        var (home, number) = (own.appendingPathComponent(name), 1)
        while FileManager.default.fileExists(atPath: home.path),
            entry(home, isOwn: true).manifest?.sha256 != manifest.sha256
        {
            number += 1
            home = own.appendingPathComponent("\(name)-\(number)")
        }
        return home
    }

    /// - Throws: `Refused` if it is the app's own, or cannot be deleted.
    public func delete(_ entry: Entry) throws {
        guard entry.isOwn, (try? FileManager.default.removeItem(at: entry.folder)) != nil else {
            throw Refused("\(entry.id): cannot be deleted")
        }
    }

    /// The contents of a folder that holds a manifest; nil of anything else.
    private func inside(_ folder: URL) -> [URL]? {
        let found = try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        let isModel = found?.contains { $0.lastPathComponent.hasSuffix(Manifest.suffix) } ?? false
        return isModel ? found : nil
    }

    private func folders(_ of: URL) -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: of, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        return (found ?? []).filter(\.hasDirectoryPath).sorted { $0.path < $1.path }
    }

    private func made(_ folder: URL) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw Refused("\(own.lastPathComponent): cannot be written")
        }
    }

    private func entry(_ folder: URL, isOwn: Bool) -> Entry {
        func entry(_ file: URL, _ manifest: Manifest?, _ problem: String?) -> Entry {
            Entry(
                folder: folder, manifestFile: file, manifest: manifest, problem: problem,
                isOwn: isOwn)
        }
        guard
            let file = inside(folder)?.first(where: {
                $0.lastPathComponent.hasSuffix(Manifest.suffix)
            })
        else {
            let missing = folder.appendingPathComponent("missing" + Manifest.suffix)
            return entry(missing, nil, "\(folder.lastPathComponent): holds no manifest")
        }
        do {
            return entry(file, try Manifest.read(file), nil)
        } catch {
            return entry(file, nil, "\(error)")
        }
    }
}
