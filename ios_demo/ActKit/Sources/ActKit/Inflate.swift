/// Raw DEFLATE streams (RFC 1951), for `.npz` files that were compressed.
///
/// Written here because Foundation has no such reader on every system. Codes are read bit by bit, which is slow
/// and short; what is exported here is stored, not deflated.
struct Inflate {
    /// The contents of a stream; nil if it is damaged or they are not `size` bytes.
    static func inflated(_ packed: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        var reader = Inflate(packed, size)
        do {
            try reader.blocks()
        } catch {
            return nil
        }
        return reader.found.count == size ? reader.found : nil
    }

    private struct Damaged: Error {}

    /// A canonical Huffman code: how many codes each length has, and their symbols in order.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        /// - Parameter lengths: bits of each symbol's code, 0 where it has none.
        init(_ lengths: some Collection<Int>) throws {
            for length in lengths where length > 0 { counts[length] += 1 }
            var left = 1
            for length in 1...15 {
                left = 2 * left - counts[length]
                if left < 0 { throw Damaged() }
            }
            var places = [0]
            for count in counts.dropFirst() { places.append(places[places.count - 1] + count) }
            symbols = [Int](repeating: 0, count: places[counts.count - 1])
            for (symbol, length) in lengths.enumerated() where length > 0 {
                symbols[places[length - 1]] = symbol
                places[length - 1] += 1
            }
        }
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
        131, 163, 195, 227, 258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
        2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12,
        13, 13,
    ]
    /// The order in which the lengths of the code of code lengths are written.
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let blockEnd = 256

    private let packed: ArraySlice<UInt8>
    private let size: Int
    private var at: Int
    private var bit = 0
    private var found: [UInt8] = []

    private init(_ packed: ArraySlice<UInt8>, _ size: Int) {
        self.packed = packed
        self.size = size
        at = packed.startIndex
    }

    private mutating func blocks() throws {
        var isLast = false
        while !isLast {
            isLast = try bits(1) == 1
            switch try bits(2) {
            case 0: try stored()
            case 1:
                let (lengths, distances) = try Self.fixed.get()
                try coded(lengths, distances)
            case 2:
                let (lengths, distances) = try codes()
                try coded(lengths, distances)
            default: throw Damaged()
            }
        }
    }

    /// Made once: a damaged file may have a block in every 10 bits.
    private static let fixed = Result {
        (
            lengths: try Code((0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }),
            distances: try Code([Int](repeating: 5, count: 30))
        )
    }

    private mutating func stored() throws {
        if bit > 0 { (bit, at) = (0, at + 1) }
        guard at + 4 <= packed.endIndex else { throw Damaged() }
        let (length, inverse) = (number(packed[at...], 2), number(packed[(at + 2)...], 2))
        at += 4
        guard length ^ 0xffff == inverse, at + length <= packed.endIndex,
            found.count + length <= size
        else { throw Damaged() }
        found += packed[at..<at + length]
        at += length
    }

    private mutating func codes() throws -> (lengths: Code, distances: Code) {
        let (lengthCount, distanceCount) = (try bits(5) + 257, try bits(5) + 1)
        var own = [Int](repeating: 0, count: 19)
        for index in 0..<(try bits(4) + 4) { own[Self.order[index]] = try bits(3) }
        let code = try Code(own)
        var all: [Int] = []
        while all.count < lengthCount + distanceCount {
            switch try symbol(code) {
            case 16:
                guard let last = all.last else { throw Damaged() }
                all += [Int](repeating: last, count: try bits(2) + 3)
            case 17: all += [Int](repeating: 0, count: try bits(3) + 3)
            case 18: all += [Int](repeating: 0, count: try bits(7) + 11)
            case let length: all.append(length)
            }
        }
        guard all.count == lengthCount + distanceCount else { throw Damaged() }
        return (try Code(all[..<lengthCount]), try Code(all[lengthCount...]))
    }

    private mutating func coded(_ lengths: Code, _ distances: Code) throws {
        while true {
            let symbol = try symbol(lengths)
            if symbol == Self.blockEnd { return }
            if symbol < Self.blockEnd {
                guard found.count < size else { throw Damaged() }
                found.append(UInt8(symbol))
                continue
            }
            let index = symbol - 257
            guard index < Self.lengthBase.count else { throw Damaged() }
            let length = Self.lengthBase[index] + (try bits(Self.lengthBits[index]))
            let far = try self.symbol(distances)
            guard far < Self.distanceBase.count else { throw Damaged() }
            let distance = Self.distanceBase[far] + (try bits(Self.distanceBits[far]))
            guard distance <= found.count, found.count + length <= size else { throw Damaged() }
            for _ in 0..<length { found.append(found[found.count - distance]) }
        }
    }

    private mutating func symbol(_ code: Code) throws -> Int {
        var (value, first, index) = (0, 0, 0)
        for length in 1...15 {
            value |= try bits(1)
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Damaged()
    }

    private mutating func bits(_ count: Int) throws -> Int {
        var value = 0
        for place in 0..<count {
            guard at < packed.endIndex else { throw Damaged() }
            value |= Int(packed[at] >> UInt8(bit) & 1) << place
            bit += 1
            if bit == 8 { (bit, at) = (0, at + 1) }
        }
        return value
    }
}
