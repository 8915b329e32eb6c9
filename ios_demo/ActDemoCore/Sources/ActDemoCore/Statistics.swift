import ActKit

/// Figures of runs in words.
extension Words {
    /// The chart of N in words.
    public func counts(_ statistics: PonderStatistics) -> String {
        let parts = statistics.histogram.enumerated().filter { $0.element > 0 }
        return parts.map { self(.countOfSteps, number($0.offset), number($0.element)) }
            .joined(separator: ", ")
    }

    /// The latency of a time step: its median over how many, its 95th percentile, and mean N; empty
    /// before a run.
    public func times(_ statistics: PonderStatistics?) -> String {
        guard let statistics, statistics.steps > 0 else { return "" }
        return self(
            .times, number(statistics.milliseconds(0.5), digits: 3), number(statistics.steps),
            number(statistics.meanPonderSteps, digits: 2),
            number(statistics.milliseconds(0.95), digits: 3))
    }

    /// The latency of an answer: its median over how many calls, and N; empty before a run.
    public func answerTimes(_ statistics: PonderStatistics?) -> String {
        guard let statistics, statistics.steps > 0 else { return "" }
        return self(
            .answerTimes, number(statistics.milliseconds(0.5), digits: 3),
            number(statistics.steps), number(statistics.meanPonderSteps, digits: 0))
    }
}
