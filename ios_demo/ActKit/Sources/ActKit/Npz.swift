import Foundation

/// The arrays of an `.npz`: float32, int32 and bool in C order, all that a golden bundle has.
public enum Npz {
    /// Bytes that all arrays together may have.
    public static let limit = 64 << 20

    /// Read a file.
    ///
    /// - Throws: `Refused` if it is missing, damaged, too large or holds anything else.
    public static func read(_ file: URL) throws -> Tensors { fatalError("to come") }
}
