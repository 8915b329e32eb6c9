import Foundation

/// Real calls and their answers, `NAME.golden.npz`: what a model must answer here before it is used.
public struct Golden: Sendable {
    public static let suffix = ".golden.npz"

    private static let tolerance = ".tolerance"
    private static let onThreshold = "ponder_steps.on_threshold"

    /// Calls in it.
    public let calls: Int

    private let manifest: Manifest
    private let arrays: Tensors

    /// The inputs of a call: data, state and budget.
    public func inputs(_ call: Int) -> Tensors { parts(manifest.inputs, call) }

    /// The outputs that are expected.
    public func outputs(_ call: Int) -> Tensors { parts(manifest.outputs, call) }

    /// Run every call and compare.
    ///
    /// N must be equal, except where a halting sum lies on the threshold. Floats may be off by the bundle's
    /// own tolerance; the outputs of a row whose N differs are not compared.
    ///
    /// - Returns: what is wrong, in words; nil if nothing is.
    /// - Throws: `Refused` if the runtime fails.
    public func check(_ model: any StepModel) async throws -> String? {
        var compared = 0
        for call in 0..<calls {
            let actual = try await model.call(inputs(call))
            let expected = outputs(call)
            guard let rows = rowsOfEqualSteps(call, expected, actual) else {
                return "N differs in call \(call)"
            }
            for facts in manifest.outputs {
                let size = expected[facts.name]?.size ?? 0
                guard let found = actual[facts.name], !facts.isFloat || found is Floats else {
                    return "the runtime returned no '\(facts.name)'"
                }
                if found.size != size {
                    return "'\(facts.name)' has \(found.size) numbers, not \(size)"
                }
                if !facts.isFloat { continue }
                compared += rows.count { $0 } * (size / rows.count)
                let tolerance = floats(arrays[facts.name + Self.tolerance]?.part(call))
                let value = floats(expected[facts.name])
                if let error = off(value, floats(found), tolerance, rows) {
                    return "'\(facts.name)' is off by \(error) in call \(call)"
                }
            }
        }
        return compared == 0 ? "nothing could be compared" : nil
    }

    /// Rows of the batch with the expected N; nil where N differs and may not.
    private func rowsOfEqualSteps(_ call: Int, _ expected: Tensors, _ actual: Tensors) -> [Bool]? {
        guard let flags = arrays[Self.onThreshold]?.part(call) as? Flags,
            let wanted = numbers(expected["ponder_steps"]),
            let found = numbers(actual["ponder_steps"]), found.count == wanted.count
        else { return nil }
        var rows = [Bool](repeating: true, count: flags.shape[0])
        for place in wanted.indices where wanted[place] != found[place] {
            if !flags.values[place] { return nil }
            rows[place / (wanted.count / rows.count)] = false
        }
        return rows
    }

    private func off(
        _ expected: [Float], _ found: [Float], _ tolerance: [Float], _ rows: [Bool]
    ) -> Float? {
        let length = expected.count / rows.count
        for place in expected.indices where rows[place / length] {
            let error = abs(found[place] - expected[place])
            if !(error <= tolerance[place]) { return error }
        }
        return nil
    }

    private func parts(_ tensors: [TensorFacts], _ call: Int) -> Tensors {
        var found: Tensors = [:]
        for facts in tensors { found[facts.name] = arrays[facts.name]?.part(call) }
        return found
    }

    private func floats(_ tensor: (any Tensor)?) -> [Float] { (tensor as? Floats)?.values ?? [] }

    private func numbers(_ tensor: (any Tensor)?) -> [Float]? {
        switch tensor {
        case let tensor as Floats: tensor.values
        case let tensor as Ints: tensor.values.map(Float.init)
        default: nil
        }
    }

    /// Read the bundle of an artefact.
    ///
    /// - Throws: `Refused` if it is missing, damaged, or another artefact's.
    public static func read(_ manifest: Manifest, _ file: URL) throws -> Golden {
        let arrays = try Npz.read(file)
        let foreign = Refused(
            "\(file.lastPathComponent): not the golden bundle of \(manifest.artefact): "
                + "export the model again")
        let data = manifest.data[0]
        let floats = manifest.outputs.filter(\.isFloat)
        let facts = manifest.inputs + manifest.outputs
        let names = facts.map(\.name) + floats.map { $0.name + tolerance } + [onThreshold]
        guard Set(arrays.keys) == Set(names), let first = arrays[data.name]?.shape,
            let calls = first.first, calls > 0
        else { throw foreign }
        var length = 1
        if let free = data.shape.firstIndex(of: nil), free + 1 < first.count {
            length = first[free + 1]
        }
        guard length > 0 else { throw foreign }
        for each in facts {
            let array = arrays[each.name]
            let isRight = each.isFloat ? array is Floats : array is Ints
            guard isRight, array?.shape == [calls] + each.at(length) else { throw foreign }
        }
        for each in floats {
            guard let array = arrays[each.name + tolerance] as? Floats,
                array.shape == arrays[each.name]?.shape,
                array.values.allSatisfy({ $0 >= 0 && $0.isFinite })
            else { throw foreign }
        }
        guard let flags = arrays[onThreshold] as? Flags,
            flags.shape == arrays["ponder_steps"]?.shape
        else { throw foreign }
        return Golden(calls: calls, manifest: manifest, arrays: arrays)
    }
}
