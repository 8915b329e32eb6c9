/// The entries of a zip archive, stored or deflated, in memory.
///
/// Sizes are the directory's; what is read has that many bytes and the directory's checksum, or is refused.
struct Zip {
    struct Entry {
        let name: String
        /// Bytes, unpacked.
        let size: Int
        fileprivate let packed: Int
        fileprivate let method: Int
        fileprivate let checksum: Int
        fileprivate let start: Int
    }

    /// The reason why bytes are no archive that is read here.
    struct Damaged: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    let entries: [Entry]
    private let bytes: [UInt8]

    private static let endSignature = 0x0605_4b50
    private static let entrySignature = 0x0201_4b50
    private static let localSignature = 0x0403_4b50
    private static let endSize = 22
    private static let longestComment = 0xffff
    private static let encrypted = 1

    /// - Parameter most: entries that it may have.
    init(_ bytes: [UInt8], most: Int) throws(Damaged) {
        self.bytes = bytes
        let end = try Self.end(bytes)
        let count = try Self.field(bytes, end + 10, 2)
        if count > most { throw Damaged("more than \(most) arrays") }
        var at = try Self.field(bytes, end + 16, 4)
        var found: [Entry] = []
        for _ in 0..<count {
            let entry = try Self.entry(bytes, at)
            found.append(entry.0)
            at = entry.end
        }
        entries = found
    }

    /// The bytes of an entry, unpacked.
    func contents(_ entry: Entry) throws(Damaged) -> [UInt8] {
        let at = entry.start
        try Self.expect(bytes, at, Self.localSignature)
        let names = try Self.field(bytes, at + 26, 2) + Self.field(bytes, at + 28, 2)
        let from = at + 30 + names
        guard from + entry.packed <= bytes.count else {
            throw Damaged("'\(entry.name)' is cut short")
        }
        let packed = bytes[from..<from + entry.packed]
        guard let found = unpacked(packed, entry), found.count == entry.size,
            Int(Checksum.crc32(found)) == entry.checksum
        else { throw Damaged("'\(entry.name)' is damaged") }
        return found
    }

    private func unpacked(_ packed: ArraySlice<UInt8>, _ entry: Entry) -> [UInt8]? {
        switch entry.method {
        case 0: Array(packed)
        case 8: Inflate.inflated(packed, size: entry.size)
        default: nil
        }
    }

    /// The place of the directory's end, before a comment of any length.
    private static func end(_ bytes: [UInt8]) throws(Damaged) -> Int {
        let last = bytes.count - endSize
        let first = max(0, last - longestComment)
        if last >= first {
            for at in (first...last).reversed()
            where number(bytes[at...], 4) == endSignature { return at }
        }
        throw Damaged("not a zip archive")
    }

    private static func entry(_ bytes: [UInt8], _ at: Int) throws(Damaged) -> (Entry, end: Int) {
        try expect(bytes, at, entrySignature)
        let flags = try field(bytes, at + 8, 2)
        if flags & encrypted != 0 { throw Damaged("encrypted") }
        let (nameLength, extra, comment) = (
            try field(bytes, at + 28, 2), try field(bytes, at + 30, 2), try field(bytes, at + 32, 2)
        )
        let from = at + 46
        guard from + nameLength <= bytes.count else { throw Damaged("its directory is cut short") }
        let name = oneLine(String(decoding: bytes[from..<from + nameLength], as: UTF8.self))
        let entry = Entry(
            name: name,
            size: try field(bytes, at + 24, 4),
            packed: try field(bytes, at + 20, 4),
            method: try field(bytes, at + 10, 2),
            checksum: try field(bytes, at + 16, 4),
            start: try field(bytes, at + 42, 4))
        return (entry, from + nameLength + extra + comment)
    }

    private static func expect(_ bytes: [UInt8], _ at: Int, _ signature: Int) throws(Damaged) {
        if try field(bytes, at, 4) != signature { throw Damaged("its directory is damaged") }
    }

    private static func field(_ bytes: [UInt8], _ at: Int, _ width: Int) throws(Damaged) -> Int {
        guard at + width <= bytes.count else { throw Damaged("its directory is cut short") }
        return number(bytes[at...], width)
    }
}
