import ActKit
import Foundation

/// Copies files from outside, and folders of such, within bounds on all of them together.
struct BoundedCopy {
    private static let block = 1 << 16
    private static let deepest = 16

    private let mostBytes: Int
    private var bytes: Int
    private var files: Int

    init(mostFiles: Int, mostBytes: Int) {
        self.mostBytes = mostBytes
        bytes = mostBytes
        files = mostFiles
    }

    /// - Throws: `Refused` if it is a link, too large or unreadable, or the device is full.
    mutating func copy(_ from: URL, to: URL, depth: Int = 0) throws {
        let name = from.lastPathComponent
        files -= 1
        guard files >= 0, depth <= Self.deepest else { throw Refused("\(name): too many files") }
        switch kind(from) {
        case .typeRegular: try copyFile(from, to, name)
        case .typeDirectory:
            do {
                try FileManager.default.createDirectory(at: to, withIntermediateDirectories: false)
            } catch {
                throw Refused("\(name): cannot be copied: is the device full?")
            }
            let inside = try? FileManager.default.contentsOfDirectory(atPath: from.path)
            guard let inside else { throw Refused("\(name): cannot be read") }
            for each in inside.sorted() {
                try copy(
                    from.appendingPathComponent(each), to: to.appendingPathComponent(each),
                    depth: depth + 1)
            }
        default: throw Refused("\(name): neither a file nor a folder")
        }
    }

    private mutating func copyFile(_ from: URL, _ to: URL, _ name: String) throws {
        guard FileManager.default.createFile(atPath: to.path, contents: nil),
            let input = try? FileHandle(forReadingFrom: from),
            let output = try? FileHandle(forWritingTo: to)
        else { throw Refused("\(name): cannot be copied: is the device full?") }
        defer {
            try? input.close()
            try? output.close()
        }
        do {
            while let data = try input.read(upToCount: Self.block), !data.isEmpty {
                bytes -= data.count
                if bytes < 0 {
                    throw Refused("\(name): the model has more than \(mostBytes) bytes")
                }
                try output.write(contentsOf: data)
            }
        } catch let error as Refused {
            throw error
        } catch {
            throw Refused("\(name): cannot be copied: is the device full?")
        }
    }

    /// The kind of a file, of a link itself.
    private func kind(_ file: URL) -> FileAttributeType? {
        let found = try? FileManager.default.attributesOfItem(atPath: file.path)
        return found?[.type] as? FileAttributeType
    }
}
