import Foundation

/// A measurement inside the app: what act-runner does, through the app's own runtimes.
///
/// Files lie in one folder of the app, and are named, never given as paths: the model's manifest, `data` (an
/// `.npz` of the data inputs: sequences, then the calls of each, then a call's own shape; or act-runner's
/// `data.bin`) and `rows`, which is written. docs/profiling-formats.md has all of it.
public struct Benchmark: Sendable, Equatable {
    /// Times that the data may be run through.
    public static let mostRuns = 100_000

    /// Calls before the first that is timed, or at least to be timed, that may be asked for.
    public static let mostCalls = 100_000_000
    /// Suffix of the file of facts, after the name of the rows.
    public static let factsSuffix = ".facts"

    private static let mostSeconds = 3600.0
    private static let kept = ["ponder_steps", "remainder"]

    private let folder: URL
    private let model: String
    private let data: String
    private let rows: String
    private let keepsAll: Bool
    private let runs: Int
    private let warmup: Int
    private let minCount: Int
    private let minSeconds: Double
    private let haltThreshold: Float?
    private let maxPonder: Int?

    /// Take the arguments of a launch.
    ///
    /// `--model NAME --data FILE --rows FILE`, and as wished `--keep ponder|all`, `--runs N`, `--warmup N`,
    /// `--min-count N`, `--min-seconds S`, `--halt-threshold F` and `--max-ponder N`.
    ///
    /// - Throws: `Refused` if one is missing, not known or out of range.
    public static func of(_ arguments: [String], _ folder: URL) throws -> Benchmark {
        let known = [
            "--model", "--data", "--rows", "--keep", "--runs", "--warmup", "--min-count",
            "--min-seconds", "--halt-threshold", "--max-ponder",
        ]
        var given: [String: String] = [:]
        for at in stride(from: 0, to: arguments.count, by: 2) {
            let key = arguments[at]
            guard known.contains(key) else {
                throw Refused("argument '\(oneLine(key))' is not known")
            }
            guard at + 1 < arguments.count else { throw Refused("\(key) is without its value") }
            if given[key] != nil { throw Refused("\(key) is there twice") }
            given[key] = oneLine(arguments[at + 1])
        }
        func text(_ key: String) throws -> String {
            guard let found = given[key] else { throw Refused("\(key) is missing: \(key) NAME") }
            return found
        }
        func whole(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
            guard let text = given[key] else { return range.lowerBound }
            guard let found = Int(text), range.contains(found) else {
                throw Refused(
                    "\(key) is \(text): \(key) \(range.lowerBound) to \(range.upperBound)")
            }
            return found
        }
        let seconds = try given["--min-seconds"].map { text in
            guard let seconds = Double(text), (0...mostSeconds).contains(seconds) else {
                throw Refused("--min-seconds is \(text): --min-seconds 0 to \(Int(mostSeconds))")
            }
            return seconds
        }
        let keep = given["--keep"] ?? "ponder"
        guard ["ponder", "all"].contains(keep) else {
            throw Refused("--keep is \(keep): --keep ponder or all")
        }
        let threshold = try given["--halt-threshold"].map { text in
            guard let threshold = Float(text), threshold.isFinite else {
                throw Refused("--halt-threshold is \(text): --halt-threshold 0.9")
            }
            return threshold
        }
        let limit = try given["--max-ponder"].map { text in
            guard let limit = Int(text), limit >= 1 else {
                throw Refused("--max-ponder is \(text): --max-ponder 1 or more")
            }
            return limit
        }
        return Benchmark(
            folder: folder, model: try text("--model"), data: try text("--data"),
            rows: try text("--rows"), keepsAll: keep == "all",
            runs: try whole("--runs", 1...mostRuns), warmup: try whole("--warmup", 0...mostCalls),
            minCount: try whole("--min-count", 0...mostCalls), minSeconds: seconds ?? 0,
            haltThreshold: threshold, maxPonder: limit)
    }

    /// Check the golden bundle, then run all data, each sequence from the initial state.
    ///
    /// Rows, and `ROWS.facts` about them, are written aside and renamed when all are there.
    ///
    /// - Returns: the backend that ran.
    /// - Throws: `Refused`; no rows were written.
    public func run(_ runtimes: [any Runtime]) async throws -> String {
        let target = try inFolder(rows)
        let opened = try await Opening.open(inFolder(model + Manifest.suffix), runtimes)
        let calls = try BenchmarkCalls.read(opened.manifest, inFolder(data))
        let measure = Measure(
            manifest: opened.manifest, model: opened.model, budget: try budget(opened.manifest),
            keepsAll: keepsAll)
        let aside = try inFolder(rows + ".new")
        do {
            let out = try Rows(aside)
            var warmed: UInt64 = 0
            try await measure.run(calls.prefix(warmup)) { _, _, time, _ in warmed += time }
            let began = DispatchTime.now().uptimeNanoseconds
            var (round, isDue) = (0, true)
            while isDue {
                try await measure.run(calls) {
                    try measure.add($0, $1, $2, $3, round, to: out)
                }
                round += 1
                let seconds = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
                isDue = round < runs || round * calls.count < minCount || seconds < minSeconds
            }
            try out.close()
            let facts = Facts(
                runtime: opened.model.backend, calls: round * calls.count, repeats: round,
                warmupNs: warmed)
            try write(facts, to: inFolder(rows + Self.factsSuffix))
        } catch {
            try? FileManager.default.removeItem(at: aside)
            throw error
        }
        if rename(aside.path, target.path) != 0 { throw Refused("\(rows): cannot be written") }
        return opened.model.backend
    }

    private func write(_ facts: Facts, to file: URL) throws {
        do {
            try JSONEncoder().encode(facts).write(to: file, options: .atomic)
        } catch {
            throw Refused("\(file.lastPathComponent): cannot be written")
        }
    }

    /// Runs calls and writes their rows.
    private struct Measure {
        let manifest: Manifest
        let model: any StepModel
        let budget: Tensors
        let keepsAll: Bool

        /// Make calls in order, from the initial state; `row` gets each with its time and its outputs.
        func run(
            _ calls: some Sequence<BenchmarkCall>,
            row: (Int, BenchmarkCall, UInt64, Tensors) throws -> Void
        ) async throws {
            let initial = manifest.initialState()
            var state = initial
            for (number, call) in calls.enumerated() {
                state = call.state(after: state, initial)
                let inputs = call.data.merging(state) { $1 }.merging(budget) { $1 }
                let before = DispatchTime.now().uptimeNanoseconds
                let outputs = try await model.call(inputs)
                let nanoseconds = DispatchTime.now().uptimeNanoseconds - before
                for pair in manifest.states { state[pair.input] = outputs[pair.output] }
                try row(number, call, nanoseconds, outputs)
            }
        }

        func add(
            _ number: Int, _ call: BenchmarkCall, _ nanoseconds: UInt64, _ outputs: Tensors,
            _ round: Int, to out: Rows
        ) throws {
            let names = manifest.outputs.map(\.name)
            let wanted = keepsAll ? names : names.filter(Benchmark.kept.contains)
            let kept = wanted.compactMap { outputs[$0] }
            guard let y = outputs["y"], kept.count == wanted.count else {
                throw Refused("\(manifest.artefact): the runtime returned no y, N or R")
            }
            try out.add(
                call: UInt64(number), round: UInt64(round), nanoseconds: nanoseconds,
                time: UInt32(call.time), y: y, kept: kept)
        }
    }

    /// What a run says of itself, beside its rows.
    private struct Facts: Encodable {
        let runtime: String
        let calls: Int
        let repeats: Int
        let warmupNs: UInt64

        enum CodingKeys: String, CodingKey {
            case runtime, calls, repeats
            case warmupNs = "warmup_ns"
        }
    }

    private func budget(_ manifest: Manifest) throws -> Tensors {
        if haltThreshold != nil || maxPonder != nil, manifest.budget.isEmpty {
            throw Refused("\(model): has no budget: export it with --budget-inputs")
        }
        let wanted = ["halt_threshold": haltThreshold, "max_ponder": maxPonder.map(Float.init)]
        var found = manifest.defaultBudget()
        for facts in manifest.budget {
            if let value = wanted[facts.name] ?? nil { found[facts.name] = facts.filled(value) }
        }
        return found
    }

    private func inFolder(_ name: String) throws -> URL {
        guard Files.isName(name), !name.hasPrefix(".") else {
            throw Refused("\(name): no name of a file in the app's own folder")
        }
        return folder.appendingPathComponent(name)
    }
}
