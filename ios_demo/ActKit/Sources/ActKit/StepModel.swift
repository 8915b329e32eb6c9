/// A loaded model: inputs to outputs, by the manifest's names. Its memory is freed with it.
///
/// Calls of one model do not overlap if an `ActStreamer` makes them.
public protocol StepModel: Sendable {
    /// The runtime, its version and the backend that runs the model, as the runtime itself says.
    var backend: String { get }

    /// One call.
    ///
    /// - Throws: `Refused` if the runtime reports an error.
    func call(_ inputs: Tensors) async throws -> Tensors
}

/// A loaded model in host form, whose parts the app calls.
public protocol PartModel: Sendable {
    var backend: String { get }

    /// One call of the part of this name.
    func call(_ part: String, _ inputs: Tensors) async throws -> Tensors
}

/// The app's side of the ponder loop.
///
/// Values are kept by name. Each part is called once, but one that repeats as long as its progress is below
/// its threshold; what a part returns as `NAME_out` is `NAME` from then on.
public struct HostDriven: StepModel {
    private let parts: [Part]
    private let maxPonder: Int
    private let model: any PartModel
    private let onPonderStep: @Sendable () -> Void

    /// - Parameters:
    ///   - maxPonder: of the manifest; no part of a sound export repeats more often.
    ///   - onPonderStep: told of each call of a part that repeats.
    public init(
        _ parts: [Part], maxPonder: Int, _ model: any PartModel,
        onPonderStep: @escaping @Sendable () -> Void = {}
    ) {
        self.parts = parts
        self.maxPonder = maxPonder
        self.model = model
        self.onPonderStep = onPonderStep
    }

    public var backend: String { model.backend }

    /// - Throws: `CancellationError` between two calls of parts; `Refused` also where a part would repeat
    ///   more than `maxPonder` times.
    public func call(_ inputs: Tensors) async throws -> Tensors {
        var values = inputs
        var returned: Tensors = [:]
        for part in parts {
            var repeats = 0
            while try isDue(part, values) {
                try Task.checkCancellation()
                if repeats == maxPonder {
                    throw Refused(
                        "part '\(oneLine(part.name))' does not halt in \(maxPonder) ponder steps")
                }
                repeats += 1
                var given: Tensors = [:]
                for name in part.inputs { given[name] = try value(values, name) }
                let answer = try await model.call(part.name, given)
                for (name, tensor) in answer {
                    returned[name] = tensor
                    if name.hasSuffix(suffix) {
                        values[String(name.dropLast(suffix.count))] = tensor
                    }
                }
                if part.progress == nil { break }
                onPonderStep()
            }
        }
        return returned
    }

    private func isDue(_ part: Part, _ values: Tensors) throws -> Bool {
        guard let progress = part.progress, let threshold = part.threshold else { return true }
        let limit: Float =
            switch threshold {
            case .number(let number): number
            case .value(let name): try value(values, name).scalar
            }
        return try value(values, progress).scalar < limit
    }

    private func value(_ values: Tensors, _ name: String) throws -> any Tensor {
        guard let found = values[name] else {
            throw Refused("a part needs '\(name)', which no part returned: export the model again")
        }
        return found
    }

    private let suffix = "_out"
}
