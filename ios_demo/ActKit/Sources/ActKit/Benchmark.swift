import Foundation

/// A measurement inside the app: what act-runner does, through the app's own runtimes.
///
/// Files lie in one folder of the app, and are named, never given as paths: the model's manifest, `data` (an
/// `.npz` of the data inputs: sequences, then the calls of each, then a call's own shape) and `rows`, which is
/// written.
public struct Benchmark: Sendable, Equatable {
    /// Times that the data may be run through.
    public static let mostRuns = 100_000

    private static let kept = ["ponder_steps", "remainder"]

    private let folder: URL
    private let model: String
    private let data: String
    private let rows: String
    private let runs: Int
    private let haltThreshold: Float?
    private let maxPonder: Int?

    /// Take the arguments of a launch.
    ///
    /// `--model NAME --data NAME.npz --rows NAME.bin`, and as wished `--runs N`, `--halt-threshold F` and
    /// `--max-ponder N`.
    ///
    /// - Throws: `Refused` if one is missing, not known or out of range.
    public static func of(_ arguments: [String], _ folder: URL) throws -> Benchmark {
        let known = ["--model", "--data", "--rows", "--runs", "--halt-threshold", "--max-ponder"]
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
        let runs = try given["--runs"].map { text in
            guard let runs = Int(text), (1...mostRuns).contains(runs) else {
                throw Refused("--runs is \(text): --runs 1 to \(mostRuns)")
            }
            return runs
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
            rows: try text("--rows"), runs: runs ?? 1, haltThreshold: threshold, maxPonder: limit)
    }

    /// Check the golden bundle, then run all data `runs` times, each sequence from the initial state.
    ///
    /// Rows are written aside and renamed when all are there.
    ///
    /// - Returns: the backend that ran.
    /// - Throws: `Refused`; no rows were written.
    public func run(_ runtimes: [any Runtime]) async throws -> String {
        let target = try inFolder(rows)
        let opened = try await Opening.open(inFolder(model + Manifest.suffix), runtimes)
        let given = try Npz.read(inFolder(data))
        let plan = try Plan(opened.manifest, given, data)
        let budget = try budget(opened.manifest)
        let aside = try inFolder(rows + ".new")
        do {
            let out = try Rows(aside)
            for round in 0..<runs { try await plan.measure(opened.model, budget, round, out) }
            try out.close()
        } catch {
            try? FileManager.default.removeItem(at: aside)
            throw error
        }
        if rename(aside.path, target.path) != 0 { throw Refused("\(rows): cannot be written") }
        return opened.model.backend
    }

    /// The data of a run, as calls.
    private struct Plan {
        private let manifest: Manifest
        private let given: Tensors
        private let sequences: Int
        private let calls: Int

        init(_ manifest: Manifest, _ given: Tensors, _ file: String) throws {
            self.manifest = manifest
            self.given = given
            let names = manifest.data.map(\.name)
            if Set(given.keys) != Set(names) {
                throw Refused("\(file): holds \(given.keys.sorted()), the model takes \(names)")
            }
            let heads = Set(given.values.map { Array($0.shape.prefix(2)) })
            guard heads.count == 1, let head = heads.first, head.count == 2, !head.contains(0)
            else {
                throw Refused("\(file): not of sequences and calls")
            }
            (sequences, calls) = (head[0], head[1])
            for facts in manifest.data {
                guard let tensor = given[facts.name] else { continue }
                let shape = Array(tensor.shape.dropFirst(2))
                let isRight = facts.isFloat ? tensor is Floats : tensor is Ints
                guard isRight, shape == facts.at(1) else {
                    throw Refused(
                        "\(file): '\(facts.name)' of a call is of shape \(shape), "
                            + "the model takes \(facts.at(1)) of \(facts.isFloat ? "floats" : "int32")"
                    )
                }
            }
        }

        func measure(
            _ model: any StepModel, _ budget: Tensors, _ round: Int, _ out: Rows
        ) async throws {
            var number: UInt64 = 0
            for sequence in 0..<sequences {
                let times = given.mapValues { $0.part(sequence) }
                var state = manifest.initialState()
                for time in 0..<calls {
                    var inputs = state.merging(budget) { $1 }
                    for (name, tensor) in times { inputs[name] = tensor.part(time) }
                    let before = DispatchTime.now().uptimeNanoseconds
                    let outputs = try await model.call(inputs)
                    let nanoseconds = DispatchTime.now().uptimeNanoseconds - before
                    for pair in manifest.states { state[pair.input] = outputs[pair.output] }
                    try add(outputs, number, UInt64(round), nanoseconds, to: out)
                    number += 1
                }
            }
        }

        private func add(
            _ outputs: Tensors, _ call: UInt64, _ round: UInt64, _ nanoseconds: UInt64, to out: Rows
        ) throws {
            let names = manifest.outputs.map(\.name).filter(Benchmark.kept.contains)
            let kept = names.compactMap { outputs[$0] }
            guard let y = outputs["y"], kept.count == Benchmark.kept.count else {
                throw Refused("\(manifest.artefact): the runtime returned no y, N or R")
            }
            try out.add(
                call: call, round: round, nanoseconds: nanoseconds, time: 1, y: y, kept: kept)
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
