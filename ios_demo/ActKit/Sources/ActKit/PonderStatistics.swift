/// N, R and milliseconds of the time steps so far. Figures of no steps are NaN.
public struct PonderStatistics: Sendable {
    /// The most ponder steps that a layer may take.
    public let maxPonder: Int

    /// Time steps in which the first layer took so many ponder steps, from 0 to `maxPonder`.
    public private(set) var histogram: [Int]

    private var remainders = 0.0
    private var nanoseconds: [Int64] = []

    public init(_ maxPonder: Int) {
        self.maxPonder = maxPonder
        histogram = [Int](repeating: 0, count: maxPonder + 1)
    }

    /// Time steps.
    public var steps: Int { nanoseconds.count }

    /// Mean N of the first layer.
    public var meanPonderSteps: Double {
        Double(histogram.enumerated().reduce(0) { $0 + $1.offset * $1.element }) / Double(steps)
    }

    /// Mean R of the first layer.
    public var meanRemainder: Double { remainders / Double(steps) }

    public mutating func add(_ step: Step) {
        histogram[min(max(step.ponderSteps[0], 0), maxPonder)] += 1
        remainders += Double(step.remainder[0])
        nanoseconds.append(step.nanoseconds)
    }

    /// Milliseconds of a time step that this share of them does not exceed: 0.5 is the median.
    public func milliseconds(_ share: Double) -> Double {
        if steps == 0 { return .nan }
        let rank = min(max((share * Double(steps)).rounded(.up), 1), Double(steps))
        return Double(nanoseconds.sorted()[Int(rank) - 1]) / 1e6
    }
}
