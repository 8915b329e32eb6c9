/// Numbers and their shape, in C order: `Floats`, `Ints` or `Flags`.
public protocol Tensor: Sendable {
    var shape: [Int] { get }

    /// Numbers in it.
    var size: Int { get }

    /// The first number, as a float: of what has one element; NaN of none.
    var scalar: Float { get }

    /// The part of a stack, whose first axis counts its parts.
    func part(_ index: Int) -> Self
}

public struct Floats: Tensor, Equatable {
    public let shape: [Int]
    public let values: [Float]

    /// - Precondition: there are as many values as the shape has places.
    public init(_ shape: [Int], _ values: [Float]) {
        check(shape, values.count)
        (self.shape, self.values) = (shape, values)
    }

    public init(_ values: Float...) { self.init([values.count], values) }

    public var size: Int { values.count }
    public var scalar: Float { values.first ?? .nan }
    public func part(_ index: Int) -> Floats {
        Floats(Array(shape.dropFirst()), Array(values[range(of: index, shape, size)]))
    }
}

public struct Ints: Tensor, Equatable {
    public let shape: [Int]
    public let values: [Int32]

    /// - Precondition: there are as many values as the shape has places.
    public init(_ shape: [Int], _ values: [Int32]) {
        check(shape, values.count)
        (self.shape, self.values) = (shape, values)
    }

    public init(_ values: Int32...) { self.init([values.count], values) }

    public var size: Int { values.count }
    public var scalar: Float { values.first.map(Float.init) ?? .nan }
    public func part(_ index: Int) -> Ints {
        Ints(Array(shape.dropFirst()), Array(values[range(of: index, shape, size)]))
    }
}

/// Truth values; in golden bundles alone.
public struct Flags: Tensor, Equatable {
    public let shape: [Int]
    public let values: [Bool]

    /// - Precondition: there are as many values as the shape has places.
    public init(_ shape: [Int], _ values: [Bool]) {
        check(shape, values.count)
        (self.shape, self.values) = (shape, values)
    }

    public var size: Int { values.count }
    public var scalar: Float { values.first.map { $0 ? 1 : 0 } ?? .nan }
    public func part(_ index: Int) -> Flags {
        Flags(Array(shape.dropFirst()), Array(values[range(of: index, shape, size)]))
    }
}

/// Tensors by name: what a call takes and returns.
public typealias Tensors = [String: any Tensor]

private func check(_ shape: [Int], _ size: Int) {
    precondition(count(of: shape) == size, "\(size) numbers are not of shape \(shape)")
}

private func range(of index: Int, _ shape: [Int], _ size: Int) -> Range<Int> {
    let length = size / shape[0]
    return index * length..<(index + 1) * length
}
