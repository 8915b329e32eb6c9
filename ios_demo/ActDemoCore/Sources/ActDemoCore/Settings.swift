import Foundation

/// A few words that outlive the app's process, in a file.
@MainActor
public final class Settings {
    public enum Key: String {
        case model, runtime, text, maze
        /// Set while a model is being opened: still there at a start, if that ended the app.
        case opening
    }

    private static let limit = 1 << 20

    private let file: URL
    private var values: [String: String]

    /// True if the last value could not be written; it is kept while the app runs.
    public private(set) var isUnwritten = false

    /// A file that is damaged counts as empty.
    public init(_ file: URL) {
        self.file = file
        let kept = try? Data(contentsOf: file)
        let text = kept.flatMap { $0.count <= Self.limit ? $0 : nil }
        values = text.flatMap { try? JSONDecoder().decode([String: String].self, from: $0) } ?? [:]
    }

    /// With nil a value is removed.
    public subscript(key: Key) -> String? {
        get { values[key.rawValue] }
        set {
            if values[key.rawValue] == newValue { return }
            values[key.rawValue] = newValue
            do {
                try JSONEncoder().encode(values).write(to: file, options: .atomic)
                isUnwritten = false
            } catch {
                isUnwritten = true
            }
        }
    }
}
