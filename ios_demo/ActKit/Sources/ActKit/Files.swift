import Foundation

/// Files from outside: regular ones alone, of bounded size.
enum Files {
    static let block = 1 << 16

    /// The whole of a file.
    static func bytes(of file: URL, limit: Int) throws(Unreadable) -> [UInt8] {
        var found: [UInt8] = []
        try read(file) { (part: [UInt8]) throws(Unreadable) in
            if found.count + part.count > limit { throw Unreadable("more than \(limit) bytes") }
            found += part
        }
        return found
    }

    /// The whole of a file in parts, in order.
    static func read(
        _ file: URL, part: ([UInt8]) throws(Unreadable) -> Void
    ) throws(Unreadable) {
        guard let found = kind(of: file) else { throw Unreadable("there is no such file") }
        guard found == .typeRegular else { throw Unreadable("not a regular file") }
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            while let data = try handle.read(upToCount: block), !data.isEmpty {
                try part([UInt8](data))
            }
        } catch let error as Unreadable {
            throw error
        } catch {
            throw Unreadable("the system does not let it be read")
        }
    }

    /// The kind of a file, of a link itself; nil where there is none.
    static func kind(of file: URL) -> FileAttributeType? {
        let found = try? FileManager.default.attributesOfItem(atPath: file.path)
        return found?[.type] as? FileAttributeType
    }

    /// True for the name of a file in a folder that is known, never a path.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && !text.unicodeScalars.contains { $0 == "/" || $0 == "\\" || $0 < " " }
    }
}

/// The reason why a file cannot be read.
struct Unreadable: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
