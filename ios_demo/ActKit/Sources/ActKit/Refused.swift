import Foundation

/// Something that a user gave cannot be used; `message` is one line that names it and the way out.
public struct Refused: LocalizedError, CustomStringConvertible, Equatable {
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
    public var errorDescription: String? { message }
}
