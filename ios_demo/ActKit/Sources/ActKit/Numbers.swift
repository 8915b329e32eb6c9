/// The whole number nearest to zero, at the end of its range where it is beyond.
func whole(_ value: Float) -> Int32 {
    value.isNaN ? 0 : Int32(clamping: Int64(max(-4e9, min(4e9, value))))
}

/// Numbers of a shape; nil if they are more than any tensor has.
func count(of shape: [Int]) -> Int? {
    var product = 1
    for axis in shape {
        let (next, isOver) = product.multipliedReportingOverflow(by: axis)
        if isOver || next < 0 { return nil }
        product = next
    }
    return product
}

/// A number of `width` bytes, lowest first.
func number(_ bytes: some RandomAccessCollection<UInt8>, _ width: Int) -> Int {
    bytes.prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
}
