import ActKit
import Foundation

/// A maze that the net has answered, with its answers after each ponder step.
public struct MazeReading: Sendable {
    /// Answers that are shown one by one.
    static let mostFrames = 64
    /// Calls that are timed, as long as they take no longer than `mostTimed` together.
    private static let timed = 20
    private static let mostTimed = Duration.milliseconds(300)

    public let maze: Maze
    /// The probability of each cell after 1, 2, ... ponder steps; the last is the answer.
    public let frames: [[Float]]
    /// The ponder steps after which each frame is.
    public let steps: [Int]
    public let last: Step
    /// Times of the call that asks for the answer, which was repeated for them.
    public let times: PonderStatistics

    /// True if a probability says "on the way".
    public static func isOn(_ probability: Float) -> Bool { probability >= 0.5 }

    /// Cells whose answer in a frame is that of the shortest way; nil where no way leads to the goal.
    public func right(_ frame: Int) -> Int? {
        let solution = maze.solution()
        if solution.length == nil { return nil }
        return zip(frames[frame], solution.cells).filter { Self.isOn($0) == $1 }.count
    }

    /// Ask the net, several times for the sake of its time; where it has budget inputs, also for its
    /// answer after each ponder step.
    ///
    /// - Parameters:
    ///   - budget: in force; nil where the model has no budget inputs.
    ///   - largest: cells a side of the net's input.
    /// - Throws: `CancellationError` if the task was cancelled; `Refused`.
    static func read(
        _ maze: Maze, _ streamer: ActStreamer, _ budget: Budget?, _ largest: Int, _ maxPonder: Int
    ) async throws -> MazeReading {
        let x = maze.input(largest)
        if let budget { await streamer.setBudget(budget) }
        var times = PonderStatistics(maxPonder)
        let start = ContinuousClock.now
        var last = try await streamer.step(x)
        times.add(last)
        while times.steps < timed, ContinuousClock.now - start < mostTimed {
            try Task.checkCancellation()
            last = try await streamer.step(x)
            times.add(last)
        }
        let all = last.ponderSteps[0]
        var (frames, steps) = ([[Float]](), [Int]())
        if let budget {
            let gap = max(1, (all + mostFrames - 1) / mostFrames)
            for n in stride(from: gap, to: all, by: gap) {
                try Task.checkCancellation()
                let limited = Budget(haltThreshold: budget.haltThreshold, maxPonder: n)
                await streamer.setBudget(limited)
                frames.append(probabilities(maze, try await streamer.step(x).y, largest))
                steps.append(n)
            }
        }
        try Task.checkCancellation()
        frames.append(probabilities(maze, last.y, largest))
        steps.append(all)
        return MazeReading(maze: maze, frames: frames, steps: steps, last: last, times: times)
    }

    private static func probabilities(_ maze: Maze, _ y: [Float], _ largest: Int) -> [Float] {
        (0..<maze.cells).map { cell in
            1 / (1 + exp(-y[cell / maze.side * largest + cell % maze.side]))
        }
    }
}
