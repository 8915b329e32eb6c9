/// Sums over bytes: CRC-32 of zip archives and rows.
enum Checksum {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~table.withUnsafeBufferPointer { table in
            bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
        }
    }
}
