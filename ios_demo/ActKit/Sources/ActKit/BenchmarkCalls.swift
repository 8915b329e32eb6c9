import Foundation

/// A call of a measurement: its inputs but for the budget, and which rows of the batch begin a sequence.
struct BenchmarkCall: Sendable {
    let data: Tensors
    let fresh: [Bool]
    /// Time steps.
    let time: Int
    /// The whole state, where the call brings its own; else it goes on from the call before.
    var state: Tensors?

    /// The state to call with, after a call that left `before`.
    func state(after before: Tensors, _ initial: Tensors) -> Tensors {
        if let state { return state }
        if fresh.allSatisfy({ $0 }) { return initial }
        return before.merging(initial) { mixed($0, $1) }
    }

    private func mixed(_ before: any Tensor, _ initial: any Tensor) -> any Tensor {
        guard let before = before as? Floats, let initial = initial as? Floats,
            fresh.contains(true), before.size == initial.size
        else { return before }
        var values = before.values
        let length = values.count / fresh.count
        for row in fresh.indices where fresh[row] {
            let range = row * length..<(row + 1) * length
            values.replaceSubrange(range, with: initial.values[range])
        }
        return Floats(before.shape, values)
    }
}

/// Reads the data of a measurement.
enum BenchmarkCalls {
    static let runnerSuffix = ".bin"

    /// Bytes of a `data.bin` that are read.
    private static let limit = 256 << 20
    private static let magic = Array("ACTDATA1".utf8)
    private static let explicitState = 1

    /// The calls of a `data.bin` as act-runner reads it, or of an `.npz`.
    ///
    /// - Throws: `Refused` if they are not calls of this model.
    static func read(_ manifest: Manifest, _ file: URL) throws -> [BenchmarkCall] {
        let name = file.lastPathComponent
        return name.hasSuffix(runnerSuffix)
            ? try runner(manifest, file, name) : try arrays(manifest, try Npz.read(file), name)
    }

    /// Sequences of calls with one time step each, by the names of the data inputs.
    private static func arrays(
        _ manifest: Manifest, _ given: Tensors, _ file: String
    ) throws -> [BenchmarkCall] {
        let names = manifest.data.map(\.name)
        if Set(given.keys) != Set(names) {
            throw Refused("\(file): holds \(given.keys.sorted()), the model takes \(names)")
        }
        let heads = Set(given.values.map { Array($0.shape.prefix(2)) })
        guard heads.count == 1, let head = heads.first, head.count == 2, !head.contains(0) else {
            throw Refused("\(file): not of sequences and calls")
        }
        for facts in manifest.data {
            guard let tensor = given[facts.name] else { continue }
            let shape = Array(tensor.shape.dropFirst(2))
            let isRight = facts.isFloat ? tensor is Floats : tensor is Ints
            guard isRight, shape == facts.at(1) else {
                throw Refused(
                    "\(file): '\(facts.name)' of a call is of shape \(shape), "
                        + "the model takes \(facts.at(1)) of \(facts.isFloat ? "floats" : "int32")")
            }
        }
        return (0..<head[0]).flatMap { sequence in
            let times = given.mapValues { $0.part(sequence) }
            return (0..<head[1]).map { time in
                BenchmarkCall(
                    data: times.mapValues { $0.part(time) },
                    fresh: [Bool](repeating: time == 0, count: manifest.batch), time: 1)
            }
        }
    }

    private static func runner(
        _ manifest: Manifest, _ file: URL, _ name: String
    ) throws -> [BenchmarkCall] {
        let bytes: [UInt8]
        do {
            bytes = try Files.bytes(of: file, limit: limit)
        } catch {
            throw Refused("\(name): cannot be read (\(error.reason))")
        }
        let foreign = Refused("\(name): not the calls of \(manifest.artefact)")
        var rest = bytes[...]
        func taken(_ length: Int) throws -> ArraySlice<UInt8> {
            guard length >= 0, length <= rest.count else { throw foreign }
            defer { rest = rest.dropFirst(length) }
            return rest.prefix(length)
        }
        func tensor(_ facts: TensorFacts, _ time: Int) throws -> any Tensor {
            let shape = facts.at(time)
            guard let size = count(of: shape), size <= rest.count / 4 else { throw foreign }
            let words = try Array(taken(4 * size))
            let read = (0..<size).map { UInt32(number(words[(4 * $0)...], 4)) }
            return facts.isFloat
                ? Floats(shape, read.map(Float.init(bitPattern:)))
                : Ints(shape, read.map(Int32.init(bitPattern:)))
        }
        guard try taken(magic.count).elementsEqual(magic) else { throw foreign }
        let calls = number(try taken(8), 8)
        let states = manifest.states.compactMap { pair in
            manifest.inputs.first { $0.name == pair.input }
        }
        var found: [BenchmarkCall] = []
        // Each call takes some bytes, so a count of any size ends with them.
        while found.count < calls {
            let (time, flags) = (number(try taken(4), 4), number(try taken(4), 4))
            let fresh = try taken(manifest.batch).map { $0 != 0 }
            _ = try taken((4 - manifest.batch % 4) % 4)
            var data: Tensors = [:]
            for facts in manifest.data { data[facts.name] = try tensor(facts, time) }
            var state: Tensors?
            if flags & explicitState != 0 {
                var own: Tensors = [:]
                for facts in states { own[facts.name] = try tensor(facts, time) }
                state = own
            }
            found.append(BenchmarkCall(data: data, fresh: fresh, time: time, state: state))
        }
        guard rest.isEmpty, calls > 0 else { throw foreign }
        return found
    }
}
