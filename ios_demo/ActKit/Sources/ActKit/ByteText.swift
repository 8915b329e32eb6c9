/// Text as tokens, for models whose vocabulary is the 256 bytes: UTF-8.
public enum ByteText {
    /// Tokens that there are.
    public static let size = 256

    /// A code point: from `start` until `end` in the text, in units of UTF-16, of so many bytes.
    public struct Character: Sendable, Equatable {
        public let start: Int
        public let end: Int
        public let bytes: Int
    }

    /// The tokens of a text.
    public static func tokens(_ text: String) -> [Int] { text.utf8.map(Int.init) }

    /// The code points of a text and the bytes of each, in the order of `tokens`.
    public static func characters(_ text: String) -> [Character] {
        var at = 0
        return text.unicodeScalars.map { scalar in
            let start = at
            at += UTF16.width(scalar)
            return Character(start: start, end: at, bytes: UTF8.width(scalar))
        }
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    public static func text(_ tokens: [Int]) -> String {
        String(decoding: tokens.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }
}
