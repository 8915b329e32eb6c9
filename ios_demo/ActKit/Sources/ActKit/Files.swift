import Foundation

/// Files from outside.
enum Files {
    /// The whole of a file, or the error that `refusal` makes of a reason.
    static func bytes(of file: URL, limit: Int, refusal: (String) -> Refused) throws -> [UInt8] {
        fatalError("to come")
    }
}

/// The whole number nearest to zero, at the end of its range where it is beyond.
func whole(_ value: Float) -> Int32 {
    value.isNaN ? 0 : Int32(clamping: Int64(max(-4e9, min(4e9, value))))
}
