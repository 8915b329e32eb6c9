import Foundation

/// Writes measurements as act-runner does: `rows.bin`, little-endian, one row a call.
public struct Rows {
    private let to: FileHandle

    /// Begin a file, which is there and empty.
    public init(_ to: FileHandle) throws {
        self.to = to
        try to.write(contentsOf: Data("ACTROWS1".utf8))
    }

    /// Add a row.
    ///
    /// - Parameters:
    ///   - call: its place in the data.
    ///   - repetition: how often the data had been run through before.
    ///   - time: its time steps.
    ///   - kept: outputs to be written after the row's head, in the manifest's order.
    public mutating func add(
        call: UInt64, repetition: UInt64, nanoseconds: UInt64, time: UInt32, y: any Tensor,
        kept: [any Tensor]
    ) throws {
        fatalError("to come")
    }
}
