import Foundation

/// Writes measurements as act-runner does: `rows.bin`, little-endian, one row a call.
///
/// The file is created, or emptied. `close` it after the last row: what waits to be written is lost otherwise.
public final class Rows {
    private let to: FileHandle
    private var waiting = Data("ACTROWS1".utf8)

    private static let buffered = 1 << 16

    /// - Throws: `Refused` if it cannot be written.
    public init(_ file: URL) throws {
        let isMade = FileManager.default.createFile(atPath: file.path, contents: nil)
        guard isMade, let handle = try? FileHandle(forWritingTo: file) else {
            throw Refused("\(file.lastPathComponent): cannot be written")
        }
        to = handle
    }

    /// Add a row.
    ///
    /// - Parameters:
    ///   - call: its place in the data.
    ///   - round: how often the data had been run through before.
    ///   - time: its time steps.
    ///   - kept: outputs to be written after the row's head, in the manifest's order.
    public func add(
        call: UInt64, round: UInt64, nanoseconds: UInt64, time: UInt32, y: any Tensor,
        kept: [any Tensor]
    ) throws {
        append(call)
        append(round)
        append(nanoseconds)
        append(time)
        append(Checksum.crc32(try bytes(y)))
        for tensor in kept { waiting += try bytes(tensor) }
        if waiting.count >= Self.buffered { try flush() }
    }

    /// Write what is left; no row may follow.
    ///
    /// - Throws: `Refused` if it cannot be written.
    public func close() throws {
        try flush()
        try? to.close()
    }

    deinit { try? to.close() }

    private func flush() throws {
        do {
            try to.write(contentsOf: waiting)
        } catch {
            throw Refused("the rows cannot be written: is the disk full?")
        }
        waiting = Data()
    }

    private func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { waiting.append(contentsOf: $0) }
    }

    private func bytes(_ tensor: any Tensor) throws -> [UInt8] {
        switch tensor {
        case let tensor as Floats: Self.bytes(tensor.values.map(\.bitPattern.littleEndian))
        case let tensor as Ints: Self.bytes(tensor.values.map(\.littleEndian))
        default: throw Refused("truth values are no output")
        }
    }

    private static func bytes(_ words: [some Any]) -> [UInt8] { words.withUnsafeBytes(Array.init) }
}
