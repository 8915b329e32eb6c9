import ActKit
import Dispatch

#if canImport(Combine)
    import Combine
#endif

/// Any model: the calls of its golden bundle, answered here.
@MainActor
public final class PlainModel: ScreenModel {
    private let open: OpenModel
    private let words: Words
    private let job = Job()

    @Published public private(set) var statistics: PonderStatistics?
    @Published public private(set) var refusal: String?

    public static func takes(_ manifest: Manifest) -> Bool { true }

    public init(_ open: OpenModel, _ settings: Settings, _ words: Words) {
        self.open = open
        self.words = words
    }

    public var maxPonder: Int { open.manifest.maxPonder }

    public func run() {
        refusal = nil
        job.start { [weak self] in await self?.measure() }
    }

    public func stop() { job.cancel() }

    public func finish() async { await job.finish() }

    public var summary: String {
        guard let statistics else { return refusal ?? words(.thinking) }
        return words(
            .plainSummary, words.number(statistics.steps),
            words.number(statistics.meanPonderSteps, digits: 2),
            words.number(statistics.milliseconds(0.5), digits: 3),
            words.number(statistics.milliseconds(0.95), digits: 3))
    }

    public var outcome: Outcome? {
        guard let statistics else { return nil }
        return Outcome(summary: summary, detail: "\(summary)\n\(words.counts(statistics))")
    }

    private func measure() async {
        do {
            let found = try await Self.answered(open.golden, open.model, maxPonder)
            if !Task.isCancelled { statistics = found }
        } catch is CancellationError {
            return
        } catch {
            refusal = reason(error)
        }
    }

    private nonisolated static func answered(
        _ golden: Golden, _ model: any StepModel, _ maxPonder: Int
    ) async throws -> PonderStatistics {
        var statistics = PonderStatistics(maxPonder)
        for call in 0..<golden.calls {
            try Task.checkCancellation()
            let inputs = golden.inputs(call)
            let before = DispatchTime.now().uptimeNanoseconds
            let outputs = try await model.call(inputs)
            let nanoseconds = Int64(DispatchTime.now().uptimeNanoseconds - before)
            guard let steps = numbers(outputs["ponder_steps"]), !steps.isEmpty,
                let remainder = numbers(outputs["remainder"]), !remainder.isEmpty
            else { throw Refused("the runtime returned no N or R") }
            let n = steps.map { Int($0.isFinite ? min(max($0, 0), Float(maxPonder)) : 0) }
            statistics.add(
                Step(y: [], ponderSteps: n, remainder: remainder, nanoseconds: nanoseconds))
        }
        return statistics
    }

    private nonisolated static func numbers(_ tensor: (any Tensor)?) -> [Float]? {
        switch tensor {
        case let tensor as Floats: tensor.values
        case let tensor as Ints: tensor.values.map(Float.init)
        default: nil
        }
    }
}
