import Foundation

/// The arrays of an `.npz`: float32, int32 and bool in C order, all that a golden bundle has.
public enum Npz {
    /// Bytes that all arrays together may have.
    public static let limit = 64 << 20

    private static let most = 4096
    private static let mostAxes = 9
    private static let suffix = ".npy"
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    private static let widths = ["<f4": 4, "<i4": 4, "|b1": 1]

    /// Read a file.
    ///
    /// - Throws: `Refused` if it is missing, damaged, too large or holds anything else.
    public static func read(_ file: URL) throws -> Tensors {
        let name = file.lastPathComponent
        do {
            return try arrays(Files.bytes(of: file, limit: limit))
        } catch let error as Unreadable {
            throw refusal(name, error.reason)
        } catch let error as Zip.Damaged {
            throw refusal(name, error.reason)
        }
    }

    private static func refusal(_ file: String, _ reason: String) -> Refused {
        Refused("\(file): not a readable .npz (\(reason)): export the model again")
    }

    private static func arrays(_ bytes: [UInt8]) throws -> Tensors {
        let zip = try Zip(bytes, most: most)
        var found: Tensors = [:]
        var left = limit
        for entry in zip.entries {
            guard entry.name.hasSuffix(suffix) else {
                throw Zip.Damaged("'\(entry.name)' is no array")
            }
            let key = String(entry.name.dropLast(suffix.count))
            if found[key] != nil { throw Zip.Damaged("'\(key)' twice") }
            left -= entry.size
            if left < 0 { throw Zip.Damaged("more than \(limit) bytes") }
            found[key] = try array(zip.contents(entry), key)
        }
        if found.isEmpty { throw Zip.Damaged("it has no arrays") }
        return found
    }

    private static func array(_ bytes: [UInt8], _ name: String) throws -> any Tensor {
        let prefix = magic.count + 4
        guard bytes.count >= prefix, bytes.starts(with: magic) else {
            throw Zip.Damaged("'\(name)' is no array")
        }
        if bytes[magic.count] != 1 {
            throw Zip.Damaged("'\(name)' is of a version that is not read")
        }
        let start = prefix + number(bytes[(prefix - 2)...], 2)
        if start > bytes.count { throw Zip.Damaged("'\(name)' ends within its header") }
        let (dtype, isFortran, shape) = try header(bytes[prefix..<start], name)
        if isFortran && shape.count > 1 { throw Zip.Damaged("'\(name)' is in Fortran's order") }
        guard let width = widths[dtype] else { throw Zip.Damaged("'\(name)' is of type \(dtype)") }
        guard shape.count <= mostAxes, let size = count(of: shape),
            size <= limit, size * width == bytes.count - start
        else { throw Zip.Damaged("'\(name)' is not of its shape") }
        let numbers = bytes[start...]
        switch dtype {
        case "<f4":
            return Floats(shape, words(numbers).map { Float(bitPattern: $0) })
        case "<i4":
            return Ints(shape, words(numbers).map { Int32(bitPattern: $0) })
        default:
            if numbers.contains(where: { $0 > 1 }) {
                throw Zip.Damaged("'\(name)' has truth values that are neither true nor false")
            }
            return Flags(shape, numbers.map { $0 == 1 })
        }
    }

    /// The one form of header that numpy writes.
    private static func header(
        _ bytes: ArraySlice<UInt8>, _ name: String
    ) throws -> (dtype: String, isFortran: Bool, shape: [Int]) {
        let pattern =
            /\s*\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \}\s*/
        let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        guard let found = text.wholeMatch(of: pattern) else {
            throw Zip.Damaged("'\(name)' has no header of an array")
        }
        let axes = found.3.split(separator: ",").map { $0.filter { $0 != " " } }
        let shape = try axes.filter { !$0.isEmpty }.map { axis in
            guard let length = Int32(axis) else {
                throw Zip.Damaged("'\(name)' has an impossible shape")
            }
            return Int(length)
        }
        return (oneLine(String(found.1)), found.2 == "True", shape)
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
        bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
            }
        }
    }
}
