/// A value of JSON (RFC 8259).
public enum Json: Sendable, Equatable {
    case object([String: Json])
    case array([Json])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null

    /// Read a document from outside: of bounded depth, without a key twice.
    ///
    /// - Parameter name: the file, for messages.
    /// - Throws: `Refused` if it is not JSON.
    public static func read(_ text: String, _ name: String) throws -> Json {
        var reader = JsonReader(text, name)
        return try reader.document()
    }

    /// Write text as JSON has it, with its quotes.
    public static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                quoted += "\\" + String(scalar)
            } else if scalar < " " {
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

private struct JsonReader {
    private let bytes: [UInt8]
    private let name: String
    private var at = 0

    private static let deepest = 64
    private static let hexDigits = 4

    init(_ text: String, _ name: String) {
        bytes = Array(text.utf8)
        self.name = name
    }

    mutating func document() throws -> Json {
        let found = try value(0)
        space()
        if at != bytes.count { throw fail("something follows the end") }
        return found
    }

    private mutating func value(_ depth: Int) throws -> Json {
        if depth > Self.deepest { throw fail("nested deeper than \(Self.deepest)") }
        space()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try members(depth))
        case UInt8(ascii: "["): return .array(try elements(depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func members(_ depth: Int) throws -> [String: Json] {
        var found: [String: Json] = [:]
        try listed("}") { reader in
            reader.space()
            let key = try reader.string()
            reader.space()
            try reader.expect(":")
            if found[key] != nil { throw reader.fail("'\(key)' twice") }
            found[key] = try reader.value(depth + 1)
        }
        return found
    }

    private mutating func elements(_ depth: Int) throws -> [Json] {
        var found: [Json] = []
        try listed("]") { reader in found.append(try reader.value(depth + 1)) }
        return found
    }

    private mutating func listed(
        _ end: Unicode.Scalar, _ one: (inout JsonReader) throws -> Void
    ) throws {
        at += 1
        space()
        if try peek() == UInt8(ascii: end) {
            at += 1
            return
        }
        while true {
            try one(&self)
            space()
            if try peek() == UInt8(ascii: end) {
                at += 1
                return
            }
            try expect(",")
        }
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var found: [UInt8] = []
        while true {
            let byte = try next()
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: found, as: UTF8.self)
            case UInt8(ascii: "\\"): found += String(try escaped()).utf8
            case ..<UInt8(ascii: " "): throw fail("a control character in text")
            default: found.append(byte)
            }
        }
    }

    private mutating func escaped() throws -> Unicode.Scalar {
        let byte = try next()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try codePoint()
        default: throw fail("\\\(Unicode.Scalar(byte)) is no escape")
        }
    }

    /// The digits of one or, where it is a pair of surrogates, two units of UTF-16; half a pair is U+FFFD.
    private mutating func codePoint() throws -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let isFirst = unit < 0xdc00
        guard isFirst, bytes[at...].starts(with: "\\u".utf8) else { return "\u{fffd}" }
        let before = at
        at += 2
        let second = try hexadecimal()
        guard (0xdc00...0xdfff).contains(second) else {
            at = before
            return "\u{fffd}"
        }
        let code = 0x10000 + (UInt32(unit) - 0xd800) << 10 + UInt32(second) - 0xdc00
        return Unicode.Scalar(code) ?? "\u{fffd}"
    }

    private mutating func hexadecimal() throws -> UInt16 {
        let digits = bytes[at...].prefix(Self.hexDigits)
        let isHex = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        let code = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        guard isHex, digits.count == Self.hexDigits, let code else {
            throw fail("\\u without its digits")
        }
        at += Self.hexDigits
        return code
    }

    private mutating func number() throws -> Double {
        let start = at
        if has("-") { at += 1 }
        let isZero = has("0")
        let whole = try digits()
        if isZero, whole > 1 { at -= whole - 1 }
        if has(".") {
            at += 1
            _ = try digits()
        }
        if has("e") || has("E") {
            at += 1
            if has("+") || has("-") { at += 1 }
            _ = try digits()
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        guard let value = Double(text) else { throw fail("no value") }
        if value.isInfinite { throw fail("\(text) is too large") }
        return value
    }

    /// Skip digits, of which there must be one.
    private mutating func digits() throws -> Int {
        let found = bytes[at...].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
        if found == 0 { throw fail("no value") }
        at += found
        return found
    }

    private mutating func word(_ word: String, _ value: Json) throws -> Json {
        if !bytes[at...].starts(with: word.utf8) { throw fail("no value") }
        at += word.utf8.count
        return value
    }

    private mutating func space() {
        while at < bytes.count, " \t\r\n".utf8.contains(bytes[at]) { at += 1 }
    }

    private func has(_ scalar: Unicode.Scalar) -> Bool {
        at < bytes.count && bytes[at] == UInt8(ascii: scalar)
    }

    private func peek() throws -> UInt8 {
        guard at < bytes.count else { throw fail("it ends early") }
        return bytes[at]
    }

    private mutating func next() throws -> UInt8 {
        let byte = try peek()
        at += 1
        return byte
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws {
        if try next() != UInt8(ascii: scalar) { throw fail("'\(scalar)' is missing") }
    }

    private func fail(_ reason: String) -> Refused {
        Refused("\(name): not JSON (\(oneLine(reason)), at \(at))")
    }
}
