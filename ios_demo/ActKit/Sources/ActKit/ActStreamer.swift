import Dispatch

/// The limits of a time step: it ends at this halting threshold, or after so many ponder steps.
public struct Budget: Sendable, Equatable {
    public var haltThreshold: Float
    public var maxPonder: Int

    public init(haltThreshold: Float, maxPonder: Int) {
        self.haltThreshold = haltThreshold
        self.maxPonder = maxPonder
    }
}

/// One time step, or one whole input of a model without time.
public struct Step: Sendable, Equatable {
    public let y: [Float]
    /// N of each layer.
    public let ponderSteps: [Int]
    /// R of each layer, or its policy's figure beside N.
    public let remainder: [Float]
    public let nanoseconds: Int64

    public init(y: [Float], ponderSteps: [Int], remainder: [Float], nanoseconds: Int64) {
        self.y = y
        self.ponderSteps = ponderSteps
        self.remainder = remainder
        self.nanoseconds = nanoseconds
    }
}

/// Feeds a model time step by time step and keeps its state between them.
///
/// For exports with `--sequence stream` and batch 1, and for models without time. One step at a
/// time; one that `reset` or `restore` overtook leaves their state as it is.
public actor ActStreamer {
    private let manifest: Manifest
    private let model: any StepModel
    private let tensors: TensorFacts
    private var state: Tensors
    private var budgetInputs: Tensors
    private var isRunning = false
    private var sequence = 0

    /// Numbers that `step` takes.
    public nonisolated let inputSize: Int

    /// The budget's own values; nil where the export has none: `--budget-inputs` gives it one.
    public nonisolated let defaultBudget: Budget?

    /// In force from the next step on; ignored by an export without budget inputs.
    public private(set) var budget: Budget

    /// - Throws: `Refused` if the export is of another shape.
    public init(_ manifest: Manifest, _ model: any StepModel) throws {
        guard ["stream", "whole"].contains(manifest.sequence), manifest.batch == 1 else {
            throw Refused(
                "\(manifest.artefact): takes \(manifest.sequence) time steps of \(manifest.batch) sequences: "
                    + "export it with --sequence stream --batch 1")
        }
        guard manifest.data.count == 1 else {
            throw Refused(
                "\(manifest.artefact): takes \(manifest.data.count) inputs: call the model itself")
        }
        self.manifest = manifest
        self.model = model
        tensors = manifest.data[0]
        state = manifest.initialState()
        budgetInputs = manifest.defaultBudget()
        inputSize = tensors.at(1).reduce(1, *)
        let own = Budget(
            haltThreshold: budgetInputs["halt_threshold"]?.scalar ?? 1,
            maxPonder: budgetInputs["max_ponder"].map { Int(whole($0.scalar)) }
                ?? manifest.maxPonder)
        defaultBudget = budgetInputs.isEmpty ? nil : own
        budget = own
    }

    public func setBudget(_ budget: Budget) {
        self.budget = budget
        for facts in manifest.budget {
            budgetInputs[facts.name] = facts.filled(
                facts.isFloat ? budget.haltThreshold : Float(budget.maxPonder))
        }
    }

    /// Begins a new sequence; the budget stays.
    public func reset() { restore(manifest.initialState()) }

    /// The state, to go on from later.
    public func save() -> Tensors { state }

    public func restore(_ saved: Tensors) {
        sequence += 1
        state = saved
    }

    /// One time step of a token.
    ///
    /// - Throws: `Refused` if the model takes no tokens, or more than one, or its runtime fails.
    public func step(_ token: Int) async throws -> Step {
        guard !tensors.isFloat, inputSize == 1 else {
            let kind = tensors.isFloat ? "floats" : "tokens"
            throw Refused("the model takes \(tensors.at(1)) \(kind), not a token")
        }
        guard let token = Int32(exactly: token) else { throw Refused("\(token) is no token") }
        return try await call(Ints(tensors.at(1), [token]))
    }

    /// One time step of features, or the one input of a model without time.
    ///
    /// - Throws: `Refused` if the model takes no such input, or its runtime fails.
    public func step(_ x: [Float]) async throws -> Step {
        guard tensors.isFloat, x.count == inputSize else {
            throw Refused("the model takes \(inputSize) floats, not \(x.count)")
        }
        return try await call(Floats(tensors.at(1), x))
    }

    private func call(_ data: any Tensor) async throws -> Step {
        guard !isRunning else { throw Refused("a time step is running: await its answer first") }
        isRunning = true
        defer { isRunning = false }
        let began = sequence
        var inputs = state.merging(budgetInputs) { $1 }
        inputs[tensors.name] = data
        let before = DispatchTime.now().uptimeNanoseconds
        let outputs = try await model.call(inputs)
        let nanoseconds = Int64(DispatchTime.now().uptimeNanoseconds - before)
        let step = Step(
            y: try floats(output(outputs, "y")),
            ponderSteps: try wholeNumbers(output(outputs, "ponder_steps")),
            remainder: try floats(output(outputs, "remainder")),
            nanoseconds: nanoseconds)
        if began == sequence {
            for pair in manifest.states { state[pair.input] = try output(outputs, pair.output) }
        }
        return step
    }

    private func output(_ outputs: Tensors, _ name: String) throws -> any Tensor {
        guard let found = outputs[name] else {
            throw Refused("\(manifest.artefact): the runtime returned no '\(name)'")
        }
        return found
    }

    private func floats(_ tensor: any Tensor) throws -> [Float] {
        guard let tensor = tensor as? Floats else {
            throw Refused("\(manifest.artefact): an output is not of floats")
        }
        return tensor.values
    }

    /// An output of integers, or of floats where a target has no integer outputs.
    private func wholeNumbers(_ tensor: any Tensor) throws -> [Int] {
        switch tensor {
        case let tensor as Ints: tensor.values.map(Int.init)
        case let tensor as Floats: tensor.values.map { Int(whole($0)) }
        default: throw Refused("\(manifest.artefact): N is no number")
        }
    }
}
