/// SHA-256 (FIPS 180-4) of bytes that come in parts.
struct Digest {
    private var hash: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var rest: [UInt8] = []
    private var length: UInt64 = 0

    private static let blockSize = 64
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
        0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
        0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
        0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
        0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]

    mutating func update(_ bytes: some Collection<UInt8>) {
        length += UInt64(bytes.count)
        rest += bytes
        var at = 0
        rest.withUnsafeBufferPointer { whole in
            while whole.count - at >= Self.blockSize {
                Self.mix(&hash, whole[at..<at + Self.blockSize])
                at += Self.blockSize
            }
        }
        rest.removeFirst(at)
    }

    /// The 32 bytes of the hash of all that came.
    func finished() -> [UInt8] {
        var last = self
        let bits = length * 8
        let zeros = (2 * Self.blockSize - 9 - rest.count) % Self.blockSize
        last.update([0x80] + [UInt8](repeating: 0, count: zeros))
        last.update((0..<8).reversed().map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
        return last.hash.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    private static func mix(_ hash: inout [UInt32], _ block: Slice<UnsafeBufferPointer<UInt8>>) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: blockSize) { w in
            for i in 0..<16 {
                let at = block.startIndex + 4 * i
                w[i] =
                    UInt32(block[at]) << 24 | UInt32(block[at + 1]) << 16
                    | UInt32(block[at + 2]) << 8 | UInt32(block[at + 3])
            }
            for i in 16..<blockSize {
                let (a, b) = (w[i - 15], w[i - 2])
                let s0 = turned(a, 7) ^ turned(a, 18) ^ a >> 3
                let s1 = turned(b, 17) ^ turned(b, 19) ^ b >> 10
                w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
            }
            var (a, b, c, d) = (hash[0], hash[1], hash[2], hash[3])
            var (e, f, g, h) = (hash[4], hash[5], hash[6], hash[7])
            for i in 0..<blockSize {
                let s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
                let chosen = e & f ^ ~e & g
                let first = h &+ s1 &+ chosen &+ constants[i] &+ w[i]
                let s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
                let second = s0 &+ (a & b ^ a & c ^ b & c)
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
            }
            for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { hash[i] &+= value }
        }
    }

    private static func turned(_ word: UInt32, _ places: UInt32) -> UInt32 {
        word >> places | word << (32 - places)
    }
}
