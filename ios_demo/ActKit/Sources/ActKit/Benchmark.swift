import Foundation

/// A measurement inside the app: what act-runner does, through the app's own runtimes.
///
/// Files lie in one folder of the app, and are named, never given as paths: the model's manifest, `data` (an
/// `.npz` of the data inputs, calls along the first axis, sequences along the second) and `rows`, which is written.
public struct Benchmark: Sendable {
    /// Times that the data may be run through.
    public static let mostRuns = 100_000

    /// Take the arguments of a launch: `--model NAME --data NAME.npz --rows NAME.bin`, and `--runs N`,
    /// `--halt-threshold F`, `--max-ponder N` where there is a wish.
    ///
    /// - Throws: `Refused` if one is missing, not known or out of range.
    public static func of(_ arguments: [String], _ folder: URL) throws -> Benchmark {
        fatalError("to come")
    }

    /// Check the golden bundle, then run all data `runs` times, each sequence from the initial state.
    ///
    /// - Returns: the backend that ran.
    /// - Throws: `Refused`; nothing was written.
    public func run(_ runtimes: [any Runtime]) async throws -> String { fatalError("to come") }
}
