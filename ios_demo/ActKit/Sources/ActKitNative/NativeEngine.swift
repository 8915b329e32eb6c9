import Act
import ActKit
import Foundation

/// This project's own engine, of native/engine, as a C target: sequences and iterated models.
public struct NativeEngine: Runtime {
    public let name = "Native engine"
    public let target = "native"

    public init() {}

    public func open(_ artefact: URL, _ manifest: Manifest) async throws -> any StepModel {
        do {
            let model = try ActModel(path: artefact.path)
            guard fits(model, manifest) else {
                throw Refused(
                    "\(manifest.artefact): the native engine refuses it: not the model of its manifest"
                )
            }
            return try NativeModel(model, manifest)
        } catch let error as ActError {
            throw Refused("\(manifest.artefact): the native engine refuses it: \(error)")
        }
    }

    /// True if the manifest's tensors are those of the file, which the engine takes on trust.
    private func fits(_ model: ActModel, _ manifest: Manifest) -> Bool {
        guard manifest.data.count == 1, let y = size(manifest, "y"),
            size(manifest, "ponder_steps") == model.layers,
            size(manifest, "remainder") == model.layers
        else { return false }
        let data = manifest.data[0]
        let axes = hasTime(manifest) ? 2 : 1
        guard data.shape.count >= axes else { return false }
        let item = data.shape.dropFirst(axes).compactMap { $0 }
        if model.channels > 0 {
            return data.isFloat && item.count == 3 && item[0] == model.channels
                && item[1] <= model.height && item[2] <= model.width && manifest.states.isEmpty
                && y == model.outputSize * (model.pooled ? 1 : item[1] * item[2])
        }
        let states = manifest.states.compactMap { size(manifest, $0.output) }
        return data.isFloat == (model.vocabSize == 0)
            && item.reduce(1, *) == (data.isFloat ? model.inputSize : 1)
            && states.reduce(0, +) == model.stateSize && y == model.outputSize
    }

    /// Numbers of a time step of one sequence.
    private func size(_ manifest: Manifest, _ output: String) -> Int? {
        guard let facts = manifest.outputs.first(where: { $0.name == output }) else { return nil }
        let isState = manifest.states.contains { $0.output == output }
        let axes = hasTime(manifest) && !isState ? 2 : 1
        return facts.shape.dropFirst(axes).compactMap { $0 }.reduce(1, *)
    }
}

private func hasTime(_ manifest: Manifest) -> Bool {
    !["stream", "whole"].contains(manifest.sequence)
}

/// A batch is run row by row in one context, which is given each row's state.
private actor NativeModel: StepModel {
    private let model: ActModel
    private let context: ActContext
    private let manifest: Manifest
    nonisolated let backend: String

    init(_ model: ActModel, _ manifest: Manifest) throws {
        self.model = model
        self.manifest = manifest
        context = try model.context()
        backend = "native engine, \(model.kernels) kernels"
    }

    private struct Row {
        var y: [Float]
        var ponderSteps: [Int32]
        var remainders: [Float]
        var state: [Float]
    }

    func call(_ inputs: Tensors) throws -> Tensors {
        do {
            try setBudget(inputs)
            let data = try value(inputs, manifest.data[0].name)
            guard let batch = data.shape.first, batch > 0 else { throw Refused("an empty batch") }
            let rows = try (0..<batch).map { try row(data.part($0), inputs, $0) }
            let time = hasTime(manifest) ? data.shape[1] : 1
            return try outputs(rows, time)
        } catch let error as ActError {
            throw Refused("the native engine: \(error)")
        }
    }

    /// A threshold or a limit out of range counts as the nearest within it.
    private func setBudget(_ inputs: Tensors) throws {
        if manifest.budget.isEmpty { return }
        let threshold = inputs["halt_threshold"]?.scalar ?? model.haltThreshold
        let limit = inputs["max_ponder"]?.scalar ?? Float(model.maxPonder)
        let steps = Int(max(1, min(limit, Float(model.maxPonder))))
        try context.setBudget(haltThreshold: max(0, min(threshold, 1)), maxPonder: steps)
    }

    private func row(_ data: any Tensor, _ inputs: Tensors, _ index: Int) throws -> Row {
        if model.channels > 0 { return try image(data) }
        let state = try manifest.states.flatMap { pair in
            try floats(value(inputs, pair.input).part(index))
        }
        guard state.count == model.stateSize else { throw Refused("a state of another size") }
        try context.setState(state)
        let out: ActContext.Output
        switch data {
        case let x as Ints: out = try context.run(tokens: x.values)
        case let x as Floats where model.inputSize > 0 && x.size % model.inputSize == 0:
            out = try context.run(x.values)
        default: throw Refused("the native engine takes no such input")
        }
        return Row(
            y: out.y, ponderSteps: out.ponderSteps, remainders: out.remainders,
            state: try context.state())
    }

    private func image(_ data: any Tensor) throws -> Row {
        let (x, shape) = (try floats(data), data.shape)
        guard shape.count == 3, shape[0] == model.channels else {
            throw Refused("the native engine takes no such image")
        }
        let y = try context.run(image: x, height: shape[1], width: shape[2])
        let layers = 0..<model.layers
        return Row(
            y: y, ponderSteps: layers.map { Int32(clamping: context.ponderSteps(layer: $0)) },
            remainders: layers.map { context.remainder(layer: $0) }, state: [])
    }

    private func outputs(_ rows: [Row], _ time: Int) throws -> Tensors {
        var found: Tensors = [:]
        found["y"] = Floats(try shape("y", time, rows[0].y.count * rows.count), rows.flatMap(\.y))
        let steps = rows.flatMap(\.ponderSteps)
        found["ponder_steps"] = Ints(try shape("ponder_steps", time, steps.count), steps)
        let remainders = rows.flatMap(\.remainders)
        found["remainder"] = Floats(try shape("remainder", time, remainders.count), remainders)
        var at = 0
        for pair in manifest.states {
            let shape = manifest.outputs.first { $0.name == pair.output }?.at(1) ?? []
            let end = at + shape.dropFirst().reduce(1, *)
            found[pair.output] = Floats(shape, rows.flatMap { $0.state[at..<end] })
            at = end
        }
        return found
    }

    private func shape(_ output: String, _ time: Int, _ size: Int) throws -> [Int] {
        let shape = manifest.outputs.first { $0.name == output }?.at(time) ?? []
        guard shape.reduce(1, *) == size else {
            throw Refused("'\(output)' has \(size) numbers, not those of \(shape)")
        }
        return shape
    }

    private func floats(_ tensor: any Tensor) throws -> [Float] {
        guard let tensor = tensor as? Floats else {
            throw Refused("the native engine takes floats")
        }
        return tensor.values
    }

    private func value(_ inputs: Tensors, _ name: String) throws -> any Tensor {
        guard let found = inputs[name] else { throw Refused("'\(name)' is missing") }
        return found
    }
}
