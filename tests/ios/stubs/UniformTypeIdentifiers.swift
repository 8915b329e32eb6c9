// Declarations of the part of Apple's UniformTypeIdentifiers that ios_demo uses: for type-checking on Linux.
public struct UTType: Sendable, Hashable {
    public static let item = UTType()
    public static let folder = UTType()
    public static let package = UTType()
}
