import Foundation

/// Something that a user gave cannot be used; `message` is one line that names it and the way out.
public struct Refused: LocalizedError, CustomStringConvertible, Equatable {
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
    public var errorDescription: String? { message }
}

/// Text of a file's own, as a message may quote it: without what would break its line, and not long.
func oneLine(_ text: String) -> String {
    String(text.unicodeScalars.prefix(200).map { $0 < " " ? " " : Character($0) })
}
