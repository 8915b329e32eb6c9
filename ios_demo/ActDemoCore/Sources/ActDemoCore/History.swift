import ActKit
import Foundation

#if canImport(Combine)
    import Combine
#endif

/// Runs that were kept, on this device alone: a line of JSON each, the newest first.
@MainActor
public final class History: ObservableObject {
    public struct Entry: Codable, Sendable, Equatable, Identifiable {
        public let id: UUID
        public let time: Date
        public let model: String
        public let backend: String
        /// The result in a line.
        public let summary: String
        /// The whole of it.
        public let detail: String

        public init(model: String, backend: String, summary: String, detail: String) {
            id = UUID()
            time = Date()
            self.model = model
            self.backend = backend
            self.summary = summary
            self.detail = detail
        }

        /// As it is shared.
        public var report: String { "\(model), \(backend)\n\(detail)" }
    }

    public static let most = 200
    private static let limit = 8 << 20

    private let file: URL
    @Published public private(set) var entries: [Entry]

    /// Lines that are damaged are passed over.
    public init(_ file: URL) {
        self.file = file
        let kept = (try? Data(contentsOf: file)) ?? Data()
        let lines = kept.count <= Self.limit ? kept.split(separator: UInt8(ascii: "\n")) : []
        let found = lines.compactMap { try? JSONDecoder().decode(Entry.self, from: Data($0)) }
        entries = found.reversed()
    }

    /// Keep a run; the oldest go when there are more than `most`.
    ///
    /// - Throws: `Refused` if it cannot be written, and all is as it was; so of `delete` and `clear`.
    public func add(_ entry: Entry) throws {
        try write(Array(([entry] + entries).prefix(Self.most)))
    }

    public func delete(_ entry: Entry) throws { try write(entries.filter { $0.id != entry.id }) }

    public func clear() throws { try write([]) }

    private func write(_ entries: [Entry]) throws {
        do {
            var text = Data()
            for entry in entries.reversed() {
                text += try JSONEncoder().encode(entry) + Data("\n".utf8)
            }
            try text.write(to: file, options: .atomic)
        } catch {
            throw Refused("\(file.lastPathComponent): cannot be written: is the device full?")
        }
        self.entries = entries
    }
}
